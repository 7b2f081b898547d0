"""The figures of a run: table, TensorBoard, learning curves, and what a card says of them."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from CACAnnotationLib.commands.train_display import TrainingDisplay  # noqa: E402
from CACAnnotationLib.training import tensorboard_log  # noqa: E402
from CACAnnotationLib.training.history import draw_curves, write_metrics  # noqa: E402
from CACAnnotationLib.training.losses import Objective, TaskLoss  # noqa: E402
from CACAnnotationLib.training.tensorboard_log import TensorBoardLog  # noqa: E402
from CACAnnotationLib.training.validation import losses_of  # noqa: E402
from CACScoringLib.errors import CACError  # noqa: E402


def row(epoch: int, **figures: float) -> dict[str, float]:
    return {"epoch": float(epoch), "loss": 1 / epoch, "validation_micro_f1": 0.1 * epoch} | figures


def read_back(folder: Path) -> dict[str, list[tuple[int, float]]]:
    """Steps and values by tag, as TensorBoard itself shows them."""
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    events = accumulator.EventAccumulator(str(folder / "tensorboard"))
    events.Reload()
    tags = events.Tags()["scalars"]
    return {tag: [(each.step, each.value) for each in events.Scalars(tag)] for tag in tags}


def test_tensorboard_shows_every_epoch_once_whatever_happened_in_between(tmp_path: Path) -> None:
    log = TensorBoardLog(tmp_path, [])
    for epoch in (1, 2, 3):
        log.add(row(epoch))
    # killed before the third epoch was stored, it is trained once more
    log = TensorBoardLog(tmp_path, [row(1), row(2)])
    log.add(row(3, loss=0.25))
    log.add(row(4, validation_micro_f1=float("nan")))

    shown = read_back(tmp_path)

    assert shown == {
        "training/loss": [(1, 1.0), (2, 0.5), (3, 0.25), (4, 0.25)],
        "validation/micro_f1": [(n, pytest.approx(0.1 * n)) for n in (1, 2, 3)],
    }
    assert sorted(path.name for path in (tmp_path / "tensorboard").iterdir()) == [
        "events.out.tfevents.0000",
        "events.out.tfevents.0001",
    ]


def test_an_event_cut_short_by_a_kill_hides_nothing_else(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    TensorBoardLog(tmp_path, []).add(row(1))
    (first,) = (tmp_path / "tensorboard").iterdir()
    first.write_bytes(first.read_bytes()[:-5])
    TensorBoardLog(tmp_path, [row(1)]).add(row(2))

    assert read_back(tmp_path)["training/loss"] == [(1, 1.0), (2, 0.5)]


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on file sizes there")
def test_tensorboard_on_a_full_disk_is_one_sentence(tmp_path: Path) -> None:
    import resource

    pytest.importorskip("tensorboard")
    log = TensorBoardLog(tmp_path, [])
    (file,) = (tmp_path / "tensorboard").iterdir()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (file.stat().st_size + 10, limits[1]))
    try:
        with pytest.raises(CACError, match="file too large; make room and run the same command again"):
            log.add(row(1))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_without_tensorboard_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tensorboard_log.importlib.util, "find_spec", lambda name: None)

    TensorBoardLog(tmp_path, [row(1)]).add(row(2))

    assert not list(tmp_path.iterdir())


def test_table_leaves_undefined_figures_empty(tmp_path: Path) -> None:
    write_metrics(tmp_path, [row(1), row(2, validation_micro_f1=float("nan"), seconds=3.0)])

    assert list(csv.reader((tmp_path / "metrics.csv").open())) == [
        ["epoch", "loss", "validation_micro_f1", "seconds"],
        ["1", "1", "0.1", ""],
        ["2", "0.5", "", "3"],
    ]


def test_curves_show_what_is_defined(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from matplotlib.figure import Figure

    figures: list[Figure] = []
    save = Figure.savefig
    monkeypatch.setattr(
        Figure,
        "savefig",
        lambda figure, *given, **named: (figures.append(figure), save(figure, *given, **named)),
    )
    nan = float("nan")
    history = [
        row(n, lesion_loss=0.5 / n, region_loss=nan, validation_lesion_loss=0.6 / n) for n in (1, 2, 3)
    ]

    draw_curves(tmp_path, history, best_epoch=2)

    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")
    losses, scores = figures[0].axes
    drawn = {
        line.get_label(): [list(map(float, axis)) for axis in line.get_data()]
        for axes in (losses, scores)
        for line in axes.lines
    }
    assert drawn == {
        "calcium, training": [[1, 2, 3], [0.5, 0.25, 0.5 / 3]],
        "calcium, validation": [[1, 2, 3], [0.6, 0.3, pytest.approx(0.2)]],
        "calcium by artery (micro-F1)": [[1, 2, 3], [0.1, 0.2, pytest.approx(0.3)]],
        "best: epoch 2": [[2, 2], [0, 1]],
    }


def test_mean_loss_of_a_task_is_over_the_batches_with_labels_for_it() -> None:
    def objective(total: float, region: tuple[float, float], lesion: tuple[float, float]) -> Objective:
        return Objective(
            torch.tensor(total), *(TaskLoss(*map(torch.tensor, task)) for task in (region, lesion))
        )

    sums = sum(
        losses_of(each)
        for each in (
            objective(3.0, (1.0, 1.0), (2.0, 1.0)),
            objective(5.0, (0.0, 0.0), (4.0, 1.0)),
            objective(1.0, (0.0, 0.0), (0.0, 0.0)),
        )
    )

    assert (sums[0] / sums[1]).tolist() == [3.0, 1.0, 3.0]


def test_an_epoch_without_a_labelled_pixel_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    nan = float("nan")
    f1 = {"validation_binary_f1": 0.2, "validation_region_micro_f1": nan, "seconds": 3.0}
    with TrainingDisplay(3, 3, quiet=False) as display:
        display.epoch(row(1, region_loss=nan, lesion_loss=0.5, **f1), 1)
        display.epoch(row(2, region_loss=nan, lesion_loss=nan, **f1), 1)

    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith("epoch 1: loss calcium 0.500; validation F1")
    assert second.startswith("epoch 2: nothing was learnt, as none of its slices showed a labelled pixel (")
    assert "loss" not in second
