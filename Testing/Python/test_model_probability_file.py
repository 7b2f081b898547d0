"""Probabilities of all voxels in an archive that is written slice by slice."""

from __future__ import annotations

import errno
import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO
from zipfile import ZipFile

import numpy as np
import pytest
from CACScoringLib.errors import CACError
from CACScoringLib.model.configuration import NetworkConfig, NetworkKind
from CACScoringLib.model.prediction import probability_file as module
from CACScoringLib.model.prediction.probabilities import probabilities
from CACScoringLib.model.prediction.probability_file import probability_file
from CACScoringLib.model.prediction.proposal import propose
from CACScoringLib.model.prediction.slices import SliceAnswers
from prediction_models import noisy_scan, scan_of_values, small_model

KINDS: tuple[NetworkKind, ...] = ("multitask", "single_task", "sequential")


@pytest.mark.parametrize("kind", KINDS)
def test_numpy_reads_back_what_the_network_answered(kind: NetworkKind, tmp_path: Path) -> None:
    model, scan = small_model(kind), noisy_scan((7, 30, 37))
    expected = probabilities(model, scan)
    with probability_file(tmp_path / "probabilities.npz", model.config, scan) as keep:
        propose(model, scan, "exact", keep=keep)
    with np.load(tmp_path / "probabilities.npz") as stored:
        assert set(stored) == {name for name, part in expected._asdict().items() if part is not None}
        for name in stored:
            assert stored[name].dtype == np.float32
            assert np.array_equal(stored[name], getattr(expected, name))
    assert [path.name for path in tmp_path.iterdir()] == ["probabilities.npz"]


def _answers(slices: int, batch: int = 2, side: int = 64) -> Iterator[SliceAnswers]:
    for first in range(0, slices, batch):
        numbers = np.arange(first, min(first + batch, slices))
        region = np.full((numbers.size, 4, side, side), first, np.float32)
        yield SliceAnswers(numbers, region, region[:, :2])


def _write(path: Path, slices: int, answers: Iterable[SliceAnswers]) -> None:
    scan = scan_of_values(np.zeros((slices, 64, 64), np.int16))
    with probability_file(path, NetworkConfig(), scan) as keep:
        for each in answers:
            keep(each)


def _most_held(path: Path, slices: int) -> int:
    """Write an archive, and return the most bytes that were held on the way."""
    tracemalloc.start()
    try:
        _write(path, slices, _answers(slices))
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_slices(tmp_path: Path) -> None:
    held = _most_held(tmp_path / "some.npz", 800)
    size = (tmp_path / "some.npz").stat().st_size
    assert size > 800 * 6 * 64 * 64 * 4
    # a few copies of one mebibyte on its way from file to file
    assert held < size / 8


def test_arrays_may_be_larger_than_an_old_archive_allows(tmp_path: Path) -> None:
    _write(tmp_path / "some.npz", 3, _answers(3))
    with ZipFile(tmp_path / "some.npz") as archive:
        # ZIP64, the version in which sizes have eight bytes
        assert [each.extract_version for each in archive.infolist()] == [45, 45]


@pytest.mark.parametrize("wrong", [lambda answers: answers[:-1], lambda answers: answers[::-1]])
def test_missing_slices_leave_no_file(tmp_path: Path, wrong: Callable) -> None:
    with pytest.raises(ValueError, match="slice"):
        _write(tmp_path / "some.npz", 6, wrong(list(_answers(6))))
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_a_sentence_and_the_older_file_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(source: IO[bytes], target: IO[bytes], length: int) -> None:
        target.write(source.read(length))
        raise OSError(errno.ENOSPC, "No space left on device")

    path = tmp_path / "some.npz"
    path.write_text("older")
    monkeypatch.setattr(module.shutil, "copyfileobj", full)
    with pytest.raises(CACError, match="make room"):
        _write(path, 5, _answers(5))
    assert path.read_text() == "older"
    assert [each.name for each in tmp_path.iterdir()] == ["some.npz"]
