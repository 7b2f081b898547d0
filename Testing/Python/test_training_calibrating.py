"""Calibration at the end of a run: scalings become part of the weights, and the card says how well."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from CACAnnotationLib.training import calibrating  # noqa: E402
from CACAnnotationLib.training.calibrating import calibrate  # noqa: E402
from CACAnnotationLib.training.losses import NO_CLASS  # noqa: E402
from CACAnnotationLib.training.slice_dataset import Example  # noqa: E402
from CACScoringLib.model.calibration import Scaling  # noqa: E402
from CACScoringLib.model.networks import Answer  # noqa: E402
from CACScoringLib.model.scaling import calibrated_tasks, fold_scaling  # noqa: E402
from prediction_models import small_model  # noqa: E402
from scipy.optimize import minimize, minimize_scalar  # noqa: E402
from scipy.special import log_softmax, softmax  # noqa: E402

KINDS = ["multitask", "single_task", "sequential"]
CPU = torch.device("cpu")


def slices(
    network: torch.nn.Module,
    temperature: float = 1.7,
    count: int = 6,
    seed: int = 0,
    shift: float = 0.0,
) -> list[Example]:
    """Batches of one slice, some classes missing, drawn from what the network says at a temperature.

    Of calcium it says too much by ``shift``.
    """
    generator = torch.Generator().manual_seed(seed)
    batches = []
    for _ in range(count):
        image = torch.rand((1, 2, 24, 32), generator=generator)
        with torch.inference_mode():
            answer = network(image)
        drawn = []
        for scores, missing, more in zip(
            answer if isinstance(answer, Answer) else (answer, answer), (0.3, 0.6), (0, shift), strict=True
        ):
            scaled = scores / temperature
            scaled[:, 0] += more
            classes = torch.multinomial(
                scaled.softmax(dim=1)[0].flatten(1).t(), 1, generator=generator
            ).reshape(1, 24, 32)
            classes[torch.rand(classes.shape, generator=generator) < missing] = NO_CLASS
            drawn.append(classes.to(torch.int8))
        batches.append(Example(image, *drawn))
    return batches


def scores_and_classes(
    network: torch.nn.Module, batches: list[Example], task: str
) -> tuple[np.ndarray, np.ndarray]:
    """What the network says of every labelled pixel, put together pixel by pixel."""
    scores, classes = [], []
    with torch.inference_mode():
        for image, region, lesion in batches:
            answer = network(image)
            wanted = region if task == "region" else lesion
            if isinstance(answer, Answer):
                wanted = wanted.clamp(max=1) if task == "lesion" else wanted
                answer = getattr(answer, task)
            for row, column in zip(*np.nonzero(wanted[0].numpy() != NO_CLASS), strict=True):
                scores.append(answer[0, :, row, column].double().numpy())
                classes.append(int(wanted[0, row, column]))
    return np.array(scores), np.array(classes)


def best_temperature(scores: np.ndarray, classes: np.ndarray) -> float:
    def unlikelihood(temperature: float) -> float:
        return -log_softmax(scores / temperature, axis=1)[np.arange(len(classes)), classes].sum()

    return float(
        minimize_scalar(unlikelihood, bounds=(0.05, 50), method="bounded", options={"xatol": 1e-6}).x
    )


def best_scaling(scores: np.ndarray, classes: np.ndarray) -> tuple[float, float]:
    def unlikelihood(parameters: np.ndarray) -> float:
        scaled = scores / parameters[0] + parameters[1] * (np.arange(scores.shape[1]) == 0)
        return -log_softmax(scaled, axis=1)[np.arange(len(classes)), classes].sum()

    found = minimize(unlikelihood, [1.0, 0.0], method="Nelder-Mead", options={"xatol": 1e-6, "fatol": 1e-9})
    return float(found.x[0]), float(found.x[1])


@pytest.mark.parametrize("kind", KINDS)
def test_probabilities_of_calcium_become_those_of_the_best_scaling(kind: str) -> None:
    network = small_model(kind).network
    batches = slices(network, count=24, shift=0.8)
    scores, classes = scores_and_classes(network, batches, "lesion")
    temperature, shift = best_scaling(scores, classes)

    found = calibrate(network, batches, CPU, seed=0)["lesion"]

    # Platt's targets are not quite 0 and 1
    assert found.scaling.temperature == pytest.approx(temperature, rel=0.02)
    assert found.scaling.shift == pytest.approx(shift, abs=0.02)
    assert (temperature, shift) == (pytest.approx(1.7, abs=0.4), pytest.approx(0.8, abs=0.15))
    after, _ = scores_and_classes(network, batches, "lesion")
    wanted = scores / found.scaling.temperature
    wanted[:, 0] += found.scaling.shift
    np.testing.assert_allclose(softmax(after, axis=1), softmax(wanted, axis=1), atol=1e-4)
    assert best_scaling(after, classes) == (pytest.approx(1, abs=0.02), pytest.approx(0, abs=0.02))


@pytest.mark.parametrize("kind", ["multitask", "sequential"])
def test_regions_are_calibrated_unless_a_second_network_has_learned_from_them(kind: str) -> None:
    network = small_model(kind).network
    batches = slices(network)
    scores, classes = scores_and_classes(network, batches, "region")

    found = calibrate(network, batches, CPU, seed=0)["region"]

    wanted = best_temperature(scores, classes) if kind == "multitask" else 1.0
    after, _ = scores_and_classes(network, batches, "region")
    assert found.scaling == (pytest.approx(wanted, rel=1e-3), 0)
    np.testing.assert_allclose(after, scores / found.scaling.temperature, atol=1e-4)
    probability = softmax(scores, axis=1)
    right = probability.argmax(axis=1) == classes
    error = 0.0
    for number in range(15):
        inside = (probability.max(axis=1) > number / 15) & (probability.max(axis=1) <= (number + 1) / 15)
        if inside.any():
            error += inside.mean() * abs(probability.max(axis=1)[inside].mean() - right[inside].mean())
    assert found.as_document()["expected_calibration_error_before"] == pytest.approx(error, abs=1e-6)
    assert found.as_document()["voxels"] == len(classes)
    assert (
        found.as_document()["expected_calibration_error"]
        == found.as_document()["expected_calibration_error_before"]
    ) == (kind == "sequential")


def test_a_task_without_labels_is_left_alone() -> None:
    network = small_model().network
    labelled = slices(network)
    batches = [batch._replace(region=torch.full_like(batch.region, NO_CLASS)) for batch in labelled]
    before, _ = scores_and_classes(network, labelled, "region")

    assert list(calibrate(network, batches, CPU, seed=0)) == ["lesion"]
    # channels last rounds differently
    assert np.allclose(scores_and_classes(network, labelled, "region")[0], before, atol=1e-6)


def test_pixels_are_drawn_from_all_slices_and_by_the_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    batches = slices(small_model().network, count=12)
    everything = calibrate(small_model().network, batches, CPU, seed=0)["lesion"]
    monkeypatch.setitem(calibrating.MOST_PIXELS, "lesion", 600)

    some = [calibrate(small_model().network, batches, CPU, seed=seed)["lesion"] for seed in (0, 0, 1)]

    assert [each.after.count.sum() for each in some] == [600] * 3
    assert some[0].scaling == some[1].scaling != some[2].scaling
    assert some[0].scaling.temperature == pytest.approx(everything.scaling.temperature, rel=0.3)


def test_drawn_pixels_are_an_even_share_of_early_and_late_ones() -> None:
    pixels = calibrating._DrawnPixels(1000, np.random.default_rng(0))
    for number in range(50):
        pixels.add(torch.full((1, 2, 10, 20), float(number)), torch.zeros((1, 10, 20), dtype=torch.int8))

    scores, classes = pixels.chosen()

    assert len(scores) == len(classes) == 1000
    drawn = np.bincount(scores[:, 0].astype(int), minlength=50)
    # 20 are expected of each slice, with a standard deviation of 4
    assert drawn.min() >= 4
    assert drawn.max() <= 40
    assert drawn[:25].sum() == pytest.approx(500, abs=70)


@pytest.mark.parametrize("kind", KINDS)
def test_folding_names_the_tasks_it_can_do(kind: str) -> None:
    network = small_model(kind).network
    image = torch.rand((1, 2, 24, 32))
    with torch.inference_mode():
        before = network(image)
    fold_scaling(network, dict.fromkeys(calibrated_tasks(network), Scaling(2.0, 0.75)))
    with torch.inference_mode():
        after = network(image)

    def scaled(scores: torch.Tensor) -> torch.Tensor:
        return scores / 2 + 0.75 * (torch.arange(scores.shape[1]) == 0)[:, None, None]

    assert calibrated_tasks(network) == (("region", "lesion") if kind == "multitask" else ("lesion",))
    if isinstance(before, Answer):
        assert torch.allclose(after.lesion, scaled(before.lesion), atol=1e-6)
        wanted = scaled(before.region) if kind == "multitask" else before.region
        assert torch.allclose(after.region, wanted, atol=1e-6)
    else:
        assert torch.allclose(after, scaled(before), atol=1e-6)
