"""The elements of a DICOM file up to its pixels, and where those lie."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from pydicom.dataset import FileDataset
from pydicom.filereader import read_partial
from pydicom.tag import BaseTag
from pydicom.uid import UID, DeflatedExplicitVRLittleEndian

from .dicom_damage import damaged, named_damage

DICOM_SUFFIXES = (".dcm", ".dicom", ".ima")

_PIXEL_DATA = 0x7FE00010
_UNDEFINED = 0xFFFFFFFF
_FIRST_GROUPS = (b"\x02\x00", b"\x08\x00", b"\x00\x08")
"""First bytes of a file without preamble, little and big endian."""
_MOST_INFLATED_BYTES = 2 << 30


@dataclass(frozen=True)
class DicomFile:
    """A DICOM image without its pixels.

    Parameters
    ----------
    path
        The file.
    dataset
        Its elements before the pixels.
    pixel_bytes
        Stated length of the pixels, None where there are none.
    bytes_left
        Bytes of the file from the pixels on; None in a deflated file, which does not say.
    """

    path: Path
    dataset: FileDataset
    pixel_bytes: int | None
    bytes_left: int | None

    @property
    def is_encapsulated(self) -> bool:
        """Whether the pixels are compressed: their length is not stated then."""
        return self.pixel_bytes == _UNDEFINED

    @property
    def is_cut_short(self) -> bool:
        """Whether the file ends before its pixels do."""
        if self.pixel_bytes is None or self.bytes_left is None or self.is_encapsulated:
            return False
        return self.bytes_left < self.pixel_bytes


def read_dicom_file(path: Path, name: str) -> DicomFile | None:
    """Read the elements of a file; None where the file is not a DICOM image.

    Parameters
    ----------
    path
        The file.
    name
        What messages call the file.

    Raises
    ------
    DamagedFileError
        If the file is a DICOM image, by its contents or by its name, and its elements cannot be read.
    """
    with named_damage(path, name), path.open("rb") as file:
        start = file.read(1024)
        preamble = start[128:132] == b"DICM"
        if not preamble and start[:2] not in _FIRST_GROUPS:
            if path.suffix.lower() in DICOM_SUFFIXES:
                message = f"{name} is named like a DICOM file and is none; copy or export it again"
                raise damaged(message, path)
            return None
        if DeflatedExplicitVRLittleEndian.encode() in start:
            _check_inflated_size(file, start)
        file.seek(0)
        stop = _PixelStop()
        dataset = read_partial(file, stop_when=stop, force=True)
        deflated = dataset.file_meta.get("TransferSyntaxUID") == DeflatedExplicitVRLittleEndian
        header_bytes = 8 if dataset.original_encoding[0] else 12
        bytes_left = None if deflated else path.stat().st_size - file.tell() - header_bytes
        if "Rows" not in dataset or "Columns" not in dataset:
            if _is_image_class(dataset, preamble=preamble):
                message = f"{name} is cut short: it holds no image; copy or export it again"
                raise damaged(message, path, dataset)
            return None
    return DicomFile(path, dataset, stop.pixel_bytes, bytes_left)


class _PixelStop:
    """Stops pydicom at the pixels, and at group 0, the zeros with which a half-written file is filled."""

    pixel_bytes: int | None = None

    def __call__(self, tag: BaseTag, vr: str | None, length: int) -> bool:
        if tag == _PIXEL_DATA:
            self.pixel_bytes = length
        return tag == _PIXEL_DATA or tag >> 16 == 0


def _is_image_class(dataset: FileDataset, *, preamble: bool) -> bool:
    """Tell by its class whether a file should hold an image; one that breaks off before it may."""
    stated = dataset.get("SOPClassUID") or dataset.file_meta.get("MediaStorageSOPClassUID")
    return "Image Storage" in UID(str(stated)).name if stated else preamble


def _check_inflated_size(file: BinaryIO, start: bytes) -> None:
    """Raise if a deflated file inflates beyond reason; pydicom would inflate it all into memory."""
    # The stream follows the file meta group, whose length is the value of its first element (PS3.10 7.1).
    file.seek(144 + int.from_bytes(start[140:144], "little"))
    inflater, tail, size = zlib.decompressobj(-zlib.MAX_WBITS), file.read(), 0
    while tail and not inflater.eof:
        size += len(inflater.decompress(tail, 1 << 24))
        tail = inflater.unconsumed_tail
        if size > _MOST_INFLATED_BYTES:
            raise zlib.error("too large")
