"""Where a volume file keeps its voxels: in itself, or beside itself."""

from __future__ import annotations

import re
from pathlib import Path

from ..errors import CACError, os_reason

_HEADER_BYTES = 1 << 16
_DATA_FILE = re.compile(
    rb"^[ \t]*(?:data ?file|ElementDataFile)[ \t]*[:=][ \t]*([^\r\n]*)", re.IGNORECASE | re.MULTILINE
)
_DIMENSIONS = re.compile(rb"^[ \t]*NDims[ \t]*[:=][ \t]*([^\r\n]*)", re.IGNORECASE | re.MULTILINE)


def data_file_of(path: Path) -> Path:
    """Return the file that holds the voxels of a NRRD, MetaImage or NIfTI file.

    Raises
    ------
    CACError
        If the header points to a file that is missing, to several, or out of its own folder (a header from a
        stranger must not make anybody read or wait for what it likes), or is one that crashes ITK.
    """
    try:
        with path.open("rb") as file:
            header = file.read(_HEADER_BYTES)
    except OSError as error:
        raise CACError(f"{path} cannot be opened: {os_reason(error)}") from error
    if not path.name.lower().endswith((".nhdr", ".mhd", ".nrrd", ".mha")):
        return path
    # NRRD ends its header with an empty line; MetaImage with the name of the data file.
    if header.startswith(b"NRRD"):
        header = re.split(rb"\r?\n\r?\n", header, maxsplit=1)[0]
    else:
        _check_dimensions(path, header)
    named = _DATA_FILE.search(header)
    name = "LOCAL" if named is None else named[1].decode("utf-8", "replace").strip()
    if name.upper() == "LOCAL":
        return path
    data_file = path.parent / name
    if name.upper().startswith("LIST") or "%" in name:
        raise CACError(f"{path} spreads its voxels over several files; convert it to one file")
    if Path(name).is_absolute() or ".." in Path(name).parts:
        raise CACError(f"{path} points to {name} outside its own folder; put both into one folder")
    if not data_file.is_file():
        raise CACError(f"{path} points to {name}, which is not there")
    return data_file


def _check_dimensions(path: Path, header: bytes) -> None:
    """Raise for a MetaImage with an impossible number of dimensions, which crashes ITK."""
    for count in _DIMENSIONS.findall(header):
        if not re.fullmatch(rb"[1-4]\s*", count):
            raise CACError(f"{path} states an impossible number of dimensions; it is damaged")
