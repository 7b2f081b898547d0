"""Label slices and voxel changes as bytes: small, quick, and with the version of their form in front."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterable

import numpy as np
from CACScoringLib.errors import CACError
from numpy.typing import NDArray

from .actions import LayerChange

SLICE_FORM, CHANGES_FORM = 1, 2
"""Versions of the two forms, their first byte."""

MOST_VOXELS = 1 << 32
"""Flat indices are kept in 32 bits; no CT that the reader opens has as many voxels."""

_QUICK = 1


def pack_slice(labels: NDArray[np.uint8]) -> bytes:
    """Pack one slice, ``[row, column]``, as runs of equal values: their lengths, then their values."""
    flat = labels.ravel()
    starts = np.concatenate(([0], np.flatnonzero(flat[1:] != flat[:-1]) + 1))
    lengths = np.diff(starts, append=flat.size).astype("<u4")
    return _packed(SLICE_FORM, lengths.tobytes() + flat[starts].tobytes())


def unpack_slice(blob: bytes, out: NDArray[np.uint8]) -> None:
    """Unpack a slice into ``out``, ``[row, column]``; a :class:`CACError` if it is damaged or newer."""
    content = _unpacked(SLICE_FORM, blob)
    runs, rest = divmod(len(content), 5)
    lengths = np.frombuffer(content, "<u4", runs)
    if rest or int(lengths.sum(dtype=np.uint64)) != out.size:
        raise damaged_labels()
    values = np.frombuffer(content, np.uint8, runs, offset=4 * runs)
    out[...] = np.repeat(values, lengths).reshape(out.shape)


def pack_changes(changes: Iterable[LayerChange]) -> bytes:
    """Pack the changes of an action: layers and counts of runs as JSON, then each layer's runs.

    A run is a stretch of neighbouring voxels that change from the same value into the same other one. Its
    first voxel is kept as the step from that of the run before.
    """
    heads, runs = [], []
    for change in changes:
        first = np.flatnonzero(_begins_run(change))
        heads.append([change.layer, int(first.size)])
        steps = np.diff(change.voxels[first], prepend=0).astype("<u4")
        lengths = np.diff(first, append=change.voxels.size).astype("<u4")
        runs += [steps, lengths, change.before[first], change.after[first]]
    head = json.dumps(heads).encode()
    parts = [struct.pack("<I", len(head)), head, *(each.tobytes() for each in runs)]
    return _packed(CHANGES_FORM, b"".join(parts))


def unpack_changes(blob: bytes) -> tuple[LayerChange, ...]:
    """Unpack what :func:`pack_changes` packed; a :class:`CACError` if it is damaged or newer."""
    content = _unpacked(CHANGES_FORM, blob)
    try:
        (length,) = struct.unpack_from("<I", content)
        offset = 4 + length
        changes = []
        for layer, runs in json.loads(content[4:offset]):
            steps = np.frombuffer(content, "<u4", runs, offset)
            lengths = np.frombuffer(content, "<u4", runs, offset + 4 * runs).astype(np.int64)
            before = np.frombuffer(content, np.uint8, runs, offset + 8 * runs)
            after = np.frombuffer(content, np.uint8, runs, offset + 9 * runs)
            skipped = np.cumsum(steps, dtype=np.int64) - (np.cumsum(lengths) - lengths)
            voxels = np.repeat(skipped, lengths) + np.arange(lengths.sum())
            changes.append(LayerChange(layer, voxels, np.repeat(before, lengths), np.repeat(after, lengths)))
            offset += 10 * runs
    except (struct.error, ValueError) as error:
        raise damaged_labels() from error
    return tuple(changes)


def _begins_run(change: LayerChange) -> NDArray[np.bool_]:
    """Tell of each voxel of a change whether it does not continue what the one before it does."""
    begins = np.ones(change.voxels.shape, bool)
    begins[1:] = change.voxels[1:] != change.voxels[:-1] + 1
    for values in (change.before, change.after):
        begins[1:] |= values[1:] != values[:-1]
    return begins


def _packed(form: int, content: bytes) -> bytes:
    return bytes([form]) + zlib.compress(content, _QUICK)


def _unpacked(form: int, blob: bytes) -> bytes:
    if blob[:1] != bytes([form]):
        if blob and blob[0] > form:
            raise CACError("labels were stored by a newer version; install that version")
        raise damaged_labels()
    try:
        # zlib checks a sum of what it unpacks, so that damage is not taken for labels.
        return zlib.decompress(blob[1:])
    except zlib.error as error:
        raise damaged_labels() from error


def damaged_labels() -> CACError:
    """Return the error that says that what was stored makes no sense."""
    return CACError("stored labels are damaged; restore the labels from a backup")
