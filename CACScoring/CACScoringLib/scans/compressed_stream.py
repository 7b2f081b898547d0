"""Whether the compressed voxels of a NRRD or MetaImage file are whole; ITK compares no checksum."""

from __future__ import annotations

import sys
import zlib
from pathlib import Path
from typing import BinaryIO

from ..errors import CACError
from .data_file import data_file_of

_CHUNK_BYTES = 1 << 20
_MOST_HEADER_LINES, _MOST_LINE_BYTES = 100_000, 1 << 16
_GZIP = b"\x1f\x8b"
_GZIP_ONLY, _GZIP_OR_ZLIB = 16 + zlib.MAX_WBITS, 32 + zlib.MAX_WBITS
"""What teem and MetaIO, the libraries below ITK, unpack."""


def check_compressed_voxels(path: Path, voxel_bytes: int) -> None:
    """Unpack the voxels of a compressed NRRD or MetaImage file, in pieces, and compare length and checksum.

    Bytes behind the compressed stream are left aside, as ITK leaves them. A file that is not compressed
    passes.

    Parameters
    ----------
    path
        The file, or the header of a detached one.
    voxel_bytes
        Length of the unpacked voxels by the header.

    Raises
    ------
    CACError
        If the stream breaks off, is damaged, or holds more or less than the header says.
    """
    data_file = data_file_of(path)
    try:
        with path.open("rb") as file:
            is_nrrd, fields = _header(file)
            start = file.tell() if data_file == path else 0
        with data_file.open("rb") as file:
            file.seek(start)
            if is_nrrd:
                whole = _nrrd_is_whole(file, fields, voxel_bytes)
            else:
                whole = _metaimage_is_whole(file, fields, voxel_bytes, path)
    except (OSError, EOFError, ValueError, zlib.error):
        whole = False
    if not whole:
        raise CACError(f"{path} is cut short or damaged; copy or export it again")


def _header(file: BinaryIO) -> tuple[bool, dict[bytes, bytes]]:
    """Whether a file is NRRD, and its fields; the file is left at the first byte after its header.

    Names of fields are in small letters for NRRD, where case does not matter; for MetaImage it does.
    """
    is_nrrd = False
    fields: dict[bytes, bytes] = {}
    for number in range(_MOST_HEADER_LINES):
        line = file.readline(_MOST_LINE_BYTES)
        if number == 0:
            is_nrrd = line.startswith(b"NRRD")
        name, separator, value = line.partition(b":" if is_nrrd else b"=" if b"=" in line else b":")
        name = name.strip().lower() if is_nrrd else name.strip()
        if separator and not value.startswith(b"="):
            fields.setdefault(name, value.strip())
        # NRRD ends its header with an empty line; MetaImage with the name of the data file.
        if not line or (not line.strip() if is_nrrd else name == b"ElementDataFile"):
            break
    return is_nrrd, fields


def _nrrd_is_whole(file: BinaryIO, fields: dict[bytes, bytes], voxel_bytes: int) -> bool:
    if fields.get(b"encoding", b"").lower() not in (b"gzip", b"gz"):
        return True
    # Lines are skipped before unpacking, bytes after it; below 0 stands for all bytes but the last.
    for _ in range(int(fields.get(b"line skip", b"0"))):
        file.readline(_CHUNK_BYTES)
    skipped = int(fields.get(b"byte skip", b"0"))
    if skipped < 0:
        return _unpacked_bytes(file, sys.maxsize, sys.maxsize, _GZIP_ONLY) >= voxel_bytes
    expected = skipped + voxel_bytes
    return _unpacked_bytes(file, sys.maxsize, expected, _GZIP_ONLY) == expected


def _metaimage_is_whole(file: BinaryIO, fields: dict[bytes, bytes], voxel_bytes: int, path: Path) -> bool:
    if fields.get(b"CompressedData", b"")[:1] not in (b"T", b"t", b"1"):
        return True
    if header_bytes := int(fields.get(b"HeaderSize", b"0")):
        file.seek(header_bytes)
    packed_bytes = int(fields.get(b"CompressedDataSize", b"0"))
    if packed_bytes < 0:
        return False
    if packed_bytes == 0 and file.tell():
        # MetaIO then unpacks the file from its first byte on, header and all.
        raise CACError(f"{path} does not state the size of its compressed voxels; export it again")
    return _unpacked_bytes(file, packed_bytes or sys.maxsize, voxel_bytes, _GZIP_OR_ZLIB) == voxel_bytes


def _unpacked_bytes(file: BinaryIO, packed_bytes: int, most_bytes: int, window_bits: int) -> int:
    """Length of what lies compressed in a file from its position on, checksums compared.

    Parameters
    ----------
    file
        The file.
    packed_bytes
        How much of it to read at most.
    most_bytes
        Length of the unpacked bytes beyond which nobody needs to know.
    window_bits
        As for zlib. Gzip may come in several members; MetaIO, which also reads zlib, stops after the first.
    """
    packed, length = b"", 0
    while True:
        inflater = zlib.decompressobj(window_bits)
        while not inflater.eof:
            if not packed:
                packed = file.read(min(_CHUNK_BYTES, packed_bytes))
                packed_bytes -= len(packed)
            unpacked = inflater.decompress(packed, _CHUNK_BYTES)
            if not packed and not unpacked and not inflater.eof:
                raise EOFError
            length += len(unpacked)
            if length > most_bytes:
                return length
            packed = inflater.unconsumed_tail
        packed = inflater.unused_data
        packed += file.read(max(0, min(len(_GZIP) - len(packed), packed_bytes)))
        if window_bits != _GZIP_ONLY or not packed.startswith(_GZIP):
            return length
