"""Whether a NIfTI file is as long as its header says; ITK reads what is missing as zeros and says nothing."""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from pathlib import Path

_CHUNK_BYTES = 1 << 20


def nifti_is_whole(path: Path) -> bool:
    """Tell whether all voxels of a ``.nii`` or ``.nii.gz`` file are there; it is unpacked for that."""
    try:
        if not _is_packed(path):
            with path.open("rb") as file:
                return path.stat().st_size >= _stated_bytes(file.read(540))
        with gzip.open(path) as file:
            start = file.read(540)
            length = len(start)
            # To the end, where gzip compares its checksum.
            while chunk := file.read(_CHUNK_BYTES):
                length += len(chunk)
        return length >= _stated_bytes(start)
    except (OSError, EOFError, zlib.error, struct.error, OverflowError, ValueError):
        return False


def _is_packed(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == b"\x1f\x8b"


def _stated_bytes(header: bytes) -> int:
    """Length of the unpacked file by its header: NIfTI-1 (348 bytes) or NIfTI-2 (540), either byte order."""
    order = "<" if header[:4] in (struct.pack("<i", 348), struct.pack("<i", 540)) else ">"
    if struct.unpack_from(order + "i", header)[0] == 540:
        (bits,) = struct.unpack_from(order + "h", header, 14)
        dimensions = struct.unpack_from(order + "8q", header, 16)
        (start,) = struct.unpack_from(order + "q", header, 168)
    else:
        (bits,) = struct.unpack_from(order + "h", header, 72)
        dimensions = struct.unpack_from(order + "8h", header, 40)
        (start,) = struct.unpack_from(order + "f", header, 108)
    return int(start) + math.prod(dimensions[1 : dimensions[0] + 1]) * bits // 8
