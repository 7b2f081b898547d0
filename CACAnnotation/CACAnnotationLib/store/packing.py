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

FORM = 1
"""Version of both forms, their first byte."""

MOST_VOXELS = 1 << 32
"""Flat indices are kept in 32 bits; no CT that the reader opens has as many voxels."""

_QUICK = 1


def pack_slice(labels: NDArray[np.uint8]) -> bytes:
    """Pack one slice, ``[row, column]``, as runs of equal values: their lengths, then their values."""
    flat = labels.ravel()
    starts = np.concatenate(([0], np.flatnonzero(flat[1:] != flat[:-1]) + 1))
    lengths = np.diff(starts, append=flat.size).astype("<u4")
    return _packed(lengths.tobytes() + flat[starts].tobytes())


def unpack_slice(blob: bytes, out: NDArray[np.uint8]) -> None:
    """Unpack a slice into ``out``, ``[row, column]``; a :class:`CACError` if it is damaged or newer."""
    content = _unpacked(blob)
    runs, rest = divmod(len(content), 5)
    lengths = np.frombuffer(content, "<u4", runs)
    if rest or int(lengths.sum(dtype=np.uint64)) != out.size:
        raise damaged_labels()
    values = np.frombuffer(content, np.uint8, runs, offset=4 * runs)
    out[...] = np.repeat(values, lengths).reshape(out.shape)


def pack_changes(changes: Iterable[LayerChange]) -> bytes:
    """Pack the changes of an action: layers and counts as JSON, then steps between voxels, before, after."""
    changes = tuple(changes)
    head = json.dumps([[change.layer, int(change.voxels.size)] for change in changes]).encode()
    parts = [struct.pack("<I", len(head)), head]
    for change in changes:
        steps = np.diff(change.voxels, prepend=0).astype("<u4")
        parts += [steps.tobytes(), change.before.tobytes(), change.after.tobytes()]
    return _packed(b"".join(parts))


def unpack_changes(blob: bytes) -> tuple[LayerChange, ...]:
    """Unpack what :func:`pack_changes` packed; a :class:`CACError` if it is damaged or newer."""
    content = _unpacked(blob)
    try:
        (length,) = struct.unpack_from("<I", content)
        offset = 4 + length
        changes = []
        for layer, count in json.loads(content[4:offset]):
            steps = np.frombuffer(content, "<u4", count, offset)
            before = np.frombuffer(content, np.uint8, count, offset + 4 * count)
            after = np.frombuffer(content, np.uint8, count, offset + 5 * count)
            changes.append(LayerChange(layer, np.cumsum(steps, dtype=np.int64), before, after))
            offset += 6 * count
    except (struct.error, ValueError) as error:
        raise damaged_labels() from error
    return tuple(changes)


def _packed(content: bytes) -> bytes:
    return bytes([FORM]) + zlib.compress(content, _QUICK)


def _unpacked(blob: bytes) -> bytes:
    if blob[:1] != bytes([FORM]):
        if blob and blob[0] > FORM:
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
