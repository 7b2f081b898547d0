"""16-bit arithmetic is used where it is safe, and given up where it is not; focus keeps the heart."""

from __future__ import annotations

import numpy as np
import torch
from CACScoringLib.model.prediction.checked import CheckedEngine
from CACScoringLib.model.prediction.engines import Arrays
from CACScoringLib.phantom.phantom import Phantom
from CACScoringLib.scans.ct_scan import CTScan
from CACScoringLib.scans.heart_extent import heart_extent
from prediction_models import scan_of_values
from torch import Tensor

_SIZE = 40


class _Arithmetic:
    """Answers with a given lesion probability, off by up to ``error``; counts the slices it was asked for."""

    batch = 4

    def __init__(self, name: str, error: float) -> None:
        self.name, self._error, self.slices = name, error, 0
        self._random = np.random.default_rng(0)

    def run(self, image: Tensor) -> Arrays:
        self.slices += len(image)
        calcium = image[:, 0].numpy()
        off = self._random.uniform(-self._error, self._error, calcium.shape).astype(np.float32)
        lesion = np.stack([1 - calcium - off, calcium + off], axis=1)
        region = np.zeros_like(lesion)
        region[:, 0] = 1
        return region, lesion


def _slices(low: float, high: float, count: int = 20) -> Tensor:
    """Slices whose every voxel is a candidate with a calcium probability outside of ``low`` to ``high``."""
    calcium = torch.rand(count, _SIZE, _SIZE, generator=torch.Generator().manual_seed(1))
    calcium = torch.where(calcium < 0.5, calcium * 2 * low, high + (calcium - 0.5) * 2 * (1 - high))
    return torch.stack([calcium, torch.ones_like(calcium)], dim=1)


def _run(image: Tensor) -> tuple[CheckedEngine, _Arithmetic, int]:
    half, full = _Arithmetic("half", 0.01), _Arithmetic("full", 0.0)
    engine = CheckedEngine(half, full)
    answers = [engine.run(image[start : start + 4]) for start in range(0, len(image), 4)]
    calcium = np.concatenate([lesion for _, lesion in answers])[:, 1]
    changed = int(((calcium > 0.5) != (image[:, 0].numpy() > 0.5)).sum())
    return engine, full, changed


def test_decided_slices_are_left_to_16_bits() -> None:
    engine, full, changed = _run(_slices(0.3, 0.7))
    assert full.slices == 2
    assert changed == 0
    assert "2 of 20 slices again as full" in engine.name


def test_undecided_slices_are_computed_in_full() -> None:
    image = _slices(0.5, 0.5)
    _, full, changed = _run(image)
    assert full.slices == len(image)
    assert changed == 0


def test_one_undecided_slice_does_not_spoil_the_others() -> None:
    image = _slices(0.3, 0.7)
    image[11] = _slices(0.5, 0.5, 1)[0]
    _, full, changed = _run(image)
    assert full.slices == 3
    assert changed == 0


def test_slices_without_candidates_need_no_check() -> None:
    image = _slices(0.5, 0.5)
    image[:, 1] = 0
    engine, full, _ = _run(image)
    assert full.slices == 0
    assert engine.name == "half"


def test_heart_extent_holds_all_arteries_of_a_phantom(phantom: Phantom) -> None:
    rows, columns = heart_extent(CTScan(phantom.hu, phantom.geometry))
    arteries = (phantom.cac > 1) | (phantom.car > 1)
    assert arteries[:, rows, columns].sum() == arteries.sum()
    whole = phantom.hu.shape[1] * phantom.hu.shape[2]
    assert (rows.stop - rows.start) * (columns.stop - columns.start) < 0.8 * whole


def test_a_scan_without_lungs_is_looked_at_as_a_whole() -> None:
    rows, columns = heart_extent(scan_of_values(np.full((3, 50, 70), 40, np.int16)))
    assert (rows.start, rows.stop, columns.start, columns.stop) == (0, 50, 0, 70)
