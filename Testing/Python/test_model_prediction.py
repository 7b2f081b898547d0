"""Probabilities and proposals beside the network run plainly."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
import torch
from CACScoringLib.errors import CACError
from CACScoringLib.model.configuration import NetworkKind
from CACScoringLib.model.prediction import engines, monte_carlo, slices
from CACScoringLib.model.prediction.engines import OpenVINOEngine, TorchEngine, make_engines
from CACScoringLib.model.prediction.focus import Focus, candidate_voxels, whole
from CACScoringLib.model.prediction.folding import folded
from CACScoringLib.model.prediction.matrix import Matrix
from CACScoringLib.model.prediction.passes import candidate_passes
from CACScoringLib.model.prediction.probabilities import probabilities
from CACScoringLib.model.prediction.proposal import proposal_document, propose
from CACScoringLib.model.prediction.slices import PredictionCancelledError, SlicePass
from CACScoringLib.model.prediction.windowed_network import windowed
from CACScoringLib.model.prediction.windows import PixelWindow, Span
from CACScoringLib.scoring.protocol import protocol_named
from prediction_models import noisy_scan, plain_probabilities, scan_of_values, small_model

KINDS: tuple[NetworkKind, ...] = ("multitask", "single_task", "sequential")


@pytest.fixture
def no_openvino(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "openvino_precisions", lambda: frozenset())


@pytest.mark.parametrize("kind", KINDS)
def test_exact_is_the_plain_network(kind: NetworkKind) -> None:
    model, scan = small_model(kind), noisy_scan()
    plain = plain_probabilities(model, scan.values)
    found = probabilities(model, scan)
    for ours, theirs in zip([part for part in found if part is not None], plain, strict=True):
        assert ours.shape == theirs.shape
        assert ours.dtype == np.float32
        assert np.abs(ours - theirs).max() < 1e-5


@pytest.mark.usefixtures("no_openvino")
@pytest.mark.parametrize("kind", KINDS)
def test_exact_is_the_plain_network_without_openvino(kind: NetworkKind) -> None:
    model, scan = small_model(kind), noisy_scan((7, 32, 40))
    found = [part for part in probabilities(model, scan) if part is not None]
    for ours, theirs in zip(found, plain_probabilities(model, scan.values), strict=True):
        assert np.abs(ours - theirs).max() < 1e-5


def test_proposal_follows_the_rules_of_the_published_network() -> None:
    model, scan = small_model(), noisy_scan()
    region, lesion = plain_probabilities(model, scan.values)
    proposal = propose(model, scan, "exact")
    best = region.argmax(axis=1)
    candidates = scan.values > 130
    assert proposal.car is not None
    assert np.array_equal(proposal.car, best + 1)
    expected = np.where(candidates, np.where(np.round(lesion[:, 1]) == 1, best + 1, 1), 0)
    assert np.array_equal(proposal.cac, expected)
    assert {0, 1, 2} < set(np.unique(proposal.cac).tolist())


def test_a_model_with_lm_labels_it_by_its_own_value() -> None:
    model, scan = small_model(with_lm=True), noisy_scan()
    with torch.no_grad():
        model.network.region_head[2].bias[model.config.region_classes.index("LM")] += 0.5  # type: ignore[index]
    names = ("OTHER", "LAD", "LCX", "RCA", "LM")
    assert set(model.config.region_classes) == set(names)
    region, _ = plain_probabilities(model, scan.values)
    proposal = propose(model, scan, "exact")
    expected = np.take([names.index(name) + 1 for name in model.config.region_classes], region.argmax(axis=1))
    assert np.array_equal(proposal.car, expected)
    assert 5 in np.unique(proposal.car)


def test_single_task_gives_calcium_and_no_regions() -> None:
    model, scan = small_model("single_task"), noisy_scan()
    (classes,) = plain_probabilities(model, scan.values)
    proposal = propose(model, scan, "exact")
    assert proposal.car is None
    assert np.array_equal(proposal.cac, np.where(scan.values > 130, classes.argmax(axis=1) + 1, 0))


def test_fast_keeps_its_promise_on_undecided_weights() -> None:
    model, scan = small_model(), noisy_scan((12, 64, 64))
    exact, fast = propose(model, scan, "exact"), propose(model, scan, "fast")
    changed = np.count_nonzero(exact.cac != fast.cac)
    assert changed <= 1e-4 * candidate_voxels(scan).size + 1


@pytest.mark.parametrize("kind", KINDS)
def test_focused_leaves_out_slices_without_candidates(kind: NetworkKind) -> None:
    model = small_model(kind)
    values = noisy_scan((6, 64, 64)).values.copy()
    values[[0, 3]] = 40
    scan = scan_of_values(values)
    exact, focused = propose(model, scan, "exact"), propose(model, scan, "focused")
    assert focused.facts["looked_at"]["slices"] == 4
    assert not focused.cac[[0, 3]].any()
    if focused.car is not None:
        assert not focused.car[[0, 3]].any()
        assert (focused.car == exact.car)[[1, 2, 4, 5]].mean() > 0.97
    assert (focused.cac == exact.cac).mean() > 0.97


@pytest.mark.parametrize("prepared", [False, True])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("rows", "columns"),
    [((40, 60), (30, 70)), ((0, 21), (63, 96)), ((0, 128), (0, 96)), ((127, 128), (0, 1))],
)
def test_a_window_is_what_the_whole_slice_has_there(
    kind: NetworkKind, prepared: bool, rows: tuple[int, int], columns: tuple[int, int]
) -> None:
    network = small_model(kind, prepared=prepared).network
    noise = torch.randn(2, 2, 128, 96, generator=torch.Generator().manual_seed(0))
    # HU of 100 on average, and as far from it as the window of a prepared network lets through
    image = (noise * 600 + 2100) / 3300
    window = PixelWindow(Span(*rows, 128), Span(*columns, 96))
    with torch.inference_mode():
        expected, found = network(image), windowed(folded(network), window)(image)
    for whole_slice, part in zip(
        *(answer if isinstance(answer, tuple) else (answer,) for answer in (expected, found)), strict=True
    ):
        assert torch.allclose(window.cut(whole_slice), part, atol=1e-5)
        assert whole_slice.std() > 0.1


@pytest.mark.parametrize("prepared", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_focused_is_exact_where_it_looks(
    kind: NetworkKind, prepared: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, scan = small_model(kind, prepared=prepared), noisy_scan((3, 128, 96))
    focus = Focus(np.array([0, 2]), slice(5, 60), slice(70, 93))
    monkeypatch.setattr(slices, "heart_and_candidates", lambda _: focus)
    monkeypatch.setattr(slices, "has_half", lambda _: False)
    assert focus.window(Matrix.of(scan, model.config)) == ((0, 64, 128), (64, 96, 96))
    found, exact = probabilities(model, scan, "focused"), plain_probabilities(model, scan.values)
    for part, whole_slices in zip([each for each in found if each is not None], exact, strict=True):
        inside = (focus.slices, slice(None), focus.rows, focus.columns)
        assert np.abs(part[inside] - whole_slices[inside]).max() < 1e-5
        assert np.count_nonzero(part) == part[inside].size


def test_windows_lie_on_a_grid_and_reach_to_the_end_of_the_input() -> None:
    found = Focus(np.arange(1), slice(70, 430), slice(0, 500)).window(Matrix(512, 500, 256))
    assert found == ((64, 448, 512), (0, 512, 512))
    reduced = Focus(np.arange(1), slice(256, 1000), slice(130, 1024)).window(Matrix(1024, 1024, 256))
    # half of the pixels, and one more for the interpolation between them
    assert reduced == ((64, 512, 512), (64, 512, 512))
    assert Focus(np.arange(1), slice(0, 300), slice(0, 300)).window(Matrix(300, 300, 256)).is_whole


def test_a_matrix_that_is_no_multiple_is_filled_up_and_cut_back() -> None:
    model, scan = small_model(), noisy_scan((3, 30, 37))
    filled = np.full((3, 32, 40), -3024, np.int16)
    filled[:, :30, :37] = scan.values
    region, lesion = plain_probabilities(model, filled)
    found = probabilities(model, scan)
    assert found.region is not None
    assert np.abs(found.region - region[:, :, :30, :37]).max() < 1e-5
    assert np.abs(found.lesion - lesion[:, :, :30, :37]).max() < 1e-5


def test_the_published_input_goes_through_as_it_is() -> None:
    assert Matrix(512, 512, 256).input_size == (512, 512)
    assert Matrix(512, 512, 256).factor == 1
    assert Matrix(64, 64, 256).input_size == (256, 256)
    assert Matrix(768, 600, 256).input_size == (768, 768)


@pytest.mark.parametrize("size", [1024, 1030, 1536])
def test_a_large_matrix_is_reduced_and_brought_back_without_a_shift(size: int) -> None:
    matrix = Matrix(size, size, 8)
    assert matrix.factor == size // 512
    values = np.full((1, size, size), -1000, np.int16)
    values[0, 600:620, 300:330] = 500
    image = matrix.input_of(values)
    assert tuple(image.shape[2:]) == matrix.input_size
    everything = PixelWindow(*(Span(0, each, each) for each in matrix.input_size))
    back = matrix.back(image.numpy(), everything, slice(0, size), slice(0, size))[0, 0]
    above = (back - image[0, 0, 0, 0].item()).clip(0)
    centre = [float((above.sum(axis=1 - axis) * np.arange(size)).sum() / above.sum()) for axis in (0, 1)]
    assert back.shape == (size, size)
    assert np.allclose(centre, (609.5, 314.5), atol=0.05)
    assert image[0, 1].max() == 1


def test_voxels_without_a_number_are_padding_and_no_candidates() -> None:
    model = small_model()
    values = noisy_scan((3, 32, 40)).values.astype(np.float32)
    values[1, 4:9, 4:9] = np.nan
    values[1, 20, 20] = np.inf
    padded = np.where(np.isfinite(values), values, np.float32(-3024))
    proposal, expected = (propose(model, scan_of_values(each), "exact") for each in (values, padded))
    assert np.array_equal(proposal.cac, expected.cac)
    assert proposal.cac[1, 20, 20] == 0


@pytest.mark.parametrize("precision", ["exact", "fast", "focused"])
def test_a_scan_without_candidates_says_so(precision: str) -> None:
    scan = scan_of_values(np.full((3, 32, 32), 40, np.int16))
    proposal = propose(small_model(), scan, precision)  # type: ignore[arg-type]
    assert not proposal.cac.any()
    assert "130 HU" in proposal.notes[0]
    document = proposal_document(proposal, scan, protocol_named("agatston"))
    assert document["state"] == "proposed"
    assert document["total"]["agatston"] == 0
    assert "0 of 3 slices reviewed" in document["review"]["state"]


def test_a_protocol_that_keeps_lm_apart_hears_that_the_model_does_not() -> None:
    model, scan = small_model(), noisy_scan()
    document = proposal_document(propose(model, scan, "exact"), scan, protocol_named("hong2022"))
    assert any("LAD" in note for note in document["notes"])


def test_progress_and_cancel() -> None:
    model, scan = small_model(), noisy_scan((6, 32, 32))
    seen: list[tuple[int, int]] = []
    probabilities(model, scan, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (6, 6)
    assert [done for done, _ in seen] == sorted({done for done, _ in seen})
    with pytest.raises(PredictionCancelledError):
        probabilities(model, scan, cancelled=lambda: True)


class _SmallMemory:
    """PyTorch with memory for ``most`` slices."""

    def __init__(self, engine: TorchEngine, most: int) -> None:
        self.name, self.batch = engine.name, engine.batch
        self._engine, self._most = engine, most

    def run(self, image: torch.Tensor) -> engines.Arrays:
        if len(image) > self._most:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory")
        return self._engine.run(image)


@pytest.mark.parametrize("most", [0, 1, 2])
def test_too_little_memory_is_answered_by_a_smaller_batch(most: int) -> None:
    model, scan = small_model(), noisy_scan((7, 32, 32))
    engine = _SmallMemory(TorchEngine(folded(model.network), "cpu", half=False), most)
    matrix, everything = Matrix.of(scan, model.config), whole(scan)
    run = SlicePass(scan, everything, matrix, everything.window(matrix), engine, "cpu", "small")
    if not most:
        with pytest.raises(CACError, match="not enough memory"):
            list(run.answers())
        return
    lesion = np.concatenate([answers.lesion for answers in run.answers()])
    assert np.abs(lesion - plain_probabilities(model, scan.values)[1]).max() < 1e-5


def test_unknown_precision_and_absent_gpu_are_named() -> None:
    model, scan = small_model(), noisy_scan((3, 32, 32))
    with pytest.raises(CACError, match="exact, fast, focused"):
        propose(model, scan, "quick")  # type: ignore[arg-type]
    if not torch.cuda.is_available():
        with pytest.raises(CACError, match="CUDA"):
            propose(model, scan, "fast", "cuda")


def test_openvino_is_used_where_it_is_installed() -> None:
    pytest.importorskip("openvino")
    (engine,) = make_engines(folded(small_model().network), (32, 32), (8, 8), "cpu", [False])
    assert isinstance(engine, OpenVINOEngine)
    assert "float32" in engine.name


def test_passes_differ_and_can_be_repeated() -> None:
    model, scan = small_model(), noisy_scan((4, 32, 32))
    voxels = candidate_voxels(scan)
    first, second = candidate_passes(model, scan, 2, rate=0.2, seed=3)
    again, _ = candidate_passes(model, scan, 2, rate=0.2, seed=3)
    assert first.calcium.shape == first.labels.shape == voxels.shape
    assert np.array_equal(first.calcium, again.calcium)
    assert np.abs(first.calcium - second.calcium).max() > 1e-3
    (undisturbed,) = candidate_passes(model, scan, 1, rate=0.0)
    plain = plain_probabilities(model, scan.values)[1][:, 1].reshape(-1)[voxels]
    assert np.abs(undisturbed.calcium - plain).max() < 1e-5
    assert np.array_equal(undisturbed.labels, propose(model, scan, "exact").cac.reshape(-1)[voxels])


@pytest.mark.parametrize("with_openvino", [True, False])
def test_neighbouring_seeds_share_no_pass(with_openvino: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if with_openvino:
        pytest.importorskip("openvino")
    else:
        monkeypatch.setattr(monte_carlo, "openvino_precisions", lambda: frozenset())
    model, scan = small_model(), noisy_scan((3, 32, 32))
    found = [each for seed in (0, 1) for each in candidate_passes(model, scan, 3, rate=0.2, seed=seed)]
    apart = [np.abs(one.calcium - other.calcium).max() for one, other in combinations(found, 2)]
    assert len(apart) == 15
    assert min(apart) > 1e-3


@pytest.mark.parametrize("with_openvino", [True, False])
@pytest.mark.parametrize("prepared", [False, True])
def test_passes_of_a_focus_look_at_nothing_else(
    prepared: bool, with_openvino: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if with_openvino:
        pytest.importorskip("openvino")
    else:
        monkeypatch.setattr(monte_carlo, "openvino_precisions", lambda: frozenset())
    model, scan = small_model(prepared=prepared), noisy_scan((5, 128, 96))
    focus = Focus(np.array([1, 2, 4]), slice(10, 60), slice(5, 32))
    seen: list[tuple[int, int]] = []
    (found,) = candidate_passes(
        model, scan, 1, rate=0.0, focus=focus, progress=lambda *done: seen.append(done)
    )
    voxels = candidate_voxels(scan, focus)
    inside = np.zeros(scan.geometry.shape, bool)
    inside[np.ix_(focus.slices, range(10, 60), range(5, 32))] = True
    assert np.array_equal(voxels, np.flatnonzero(inside & (scan.values > 130)))
    plain = plain_probabilities(model, scan.values)[1][:, 1].reshape(-1)[voxels]
    assert np.abs(found.calcium - plain).max() < 1e-5
    assert seen[-1] == (3, 3)
    one, other = candidate_passes(model, scan, 2, rate=0.2, focus=focus)
    assert one.calcium.shape == voxels.shape
    assert np.abs(one.calcium - other.calcium).max() > 1e-3
