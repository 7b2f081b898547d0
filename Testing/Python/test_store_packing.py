"""Labels and changes as bytes: the same after unpacking, and damage is noticed."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("sqlalchemy")

from CACAnnotationLib.store.actions import LayerChange
from CACAnnotationLib.store.packing import (
    CHANGES_FORM,
    SLICE_FORM,
    pack_changes,
    pack_slice,
    unpack_changes,
    unpack_slice,
)
from CACScoringLib.errors import CACError


def some_slice(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (rng.random((31, 17)) < 0.3).astype(np.uint8) * rng.integers(0, 256, (31, 17), np.uint8)


@pytest.mark.parametrize(
    "labels", [some_slice(0), np.zeros((3, 4), np.uint8), np.full((512, 512), 255, np.uint8)]
)
def test_slices(labels: np.ndarray) -> None:
    out = np.ones_like(labels)
    unpack_slice(pack_slice(labels), out)
    assert np.array_equal(out, labels)


def test_changes_of_a_large_scan() -> None:
    far = (1 << 32) - 1
    changes = (
        LayerChange(
            "cac", np.array([0, 1, far]), np.array([0, 1, 2], np.uint8), np.array([3, 4, 255], np.uint8)
        ),
        LayerChange("car", np.array([], np.int64), np.array([], np.uint8), np.array([], np.uint8)),
        LayerChange("origin", np.array([far]), np.array([9], np.uint8), np.array([0], np.uint8)),
    )
    unpacked = unpack_changes(pack_changes(changes))
    assert [each.layer for each in unpacked] == ["cac", "car", "origin"]
    for packed, read in zip(changes, unpacked, strict=True):
        assert packed.voxels.tolist() == read.voxels.tolist()
        assert packed.before.tolist() == read.before.tolist()
        assert packed.after.tolist() == read.after.tolist()


@pytest.mark.parametrize("density", [0.01, 0.5, 1.0])
def test_changes_of_neighbours_are_kept_voxel_by_voxel(density: float) -> None:
    rng = np.random.default_rng(3)
    voxels = np.flatnonzero(rng.random(4000) < density)
    before, after = rng.integers(0, 3, (2, voxels.size), np.uint8)
    (read,) = unpack_changes(pack_changes([LayerChange("car", voxels, before, after)]))
    assert read.voxels.dtype == np.int64
    assert np.array_equal(read.voxels, voxels)
    assert np.array_equal(read.before, before)
    assert np.array_equal(read.after, after)


def test_a_region_map_of_a_slice_is_packed_in_little() -> None:
    voxels = np.arange(512 * 512)
    before = np.zeros(voxels.size, np.uint8)
    assert len(pack_changes([LayerChange("car", voxels, before, before + 1)])) < 100


def test_every_damaged_byte_is_noticed() -> None:
    labels = some_slice(1)[:8]
    whole = pack_slice(labels)
    out = np.empty_like(labels)
    for place in range(len(whole)):
        damaged = bytearray(whole)
        damaged[place] ^= 0x55
        with pytest.raises(CACError):
            unpack_slice(bytes(damaged), out)
    for length in range(len(whole)):
        with pytest.raises(CACError, match="damaged"):
            unpack_slice(whole[:length], out)
    with pytest.raises(CACError, match="damaged"):
        unpack_slice(whole, np.empty((9, 17), np.uint8))


def test_a_newer_form_is_named() -> None:
    with pytest.raises(CACError, match="newer version"):
        unpack_changes(bytes([CHANGES_FORM + 1]) + pack_changes(())[1:])
    with pytest.raises(CACError, match="newer version"):
        unpack_slice(bytes([SLICE_FORM + 1]) + pack_slice(some_slice(2))[1:], some_slice(2))
