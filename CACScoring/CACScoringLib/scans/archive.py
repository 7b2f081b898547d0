"""Archives of DICOM files, unpacked where they can do no harm."""

from __future__ import annotations

import lzma
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import CACError

MOST_BYTES = 8 << 30
MOST_FILES = 50_000


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """Unpack a zip archive into a temporary folder that is gone afterwards.

    Raises
    ------
    CACError
        If the archive is damaged or encrypted, or unpacks to more than 8 GiB or 50,000 files.
    """
    with tempfile.TemporaryDirectory(prefix="cac-") as folder:
        try:
            with zipfile.ZipFile(path) as archive:
                _check_size(archive, path)
                _extract(archive, path, Path(folder))
        except RuntimeError as error:
            raise CACError(f"{path} is encrypted or packed in an unknown way; unpack it first") from error
        except OSError as error:
            raise CACError(
                f"{path} cannot be unpacked: {error.strerror or 'it holds unusable names'}"
            ) from error
        # zipfile lets through whatever its decoders raise.
        except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, ValueError, LookupError) as error:
            raise CACError(f"{path} is a damaged zip archive; copy or export it again") from error
        yield Path(folder)


def is_archive(path: Path) -> bool:
    """Tell whether a file is to be unpacked first, by its name."""
    return path.suffix.lower() == ".zip"


def _extract(archive: zipfile.ZipFile, path: Path, folder: Path) -> None:
    """Extract all files; extract() keeps them inside the folder, whatever their names say."""
    seen: set[str] = set()
    for entry in archive.infolist():
        target = archive.extract(entry, folder)
        if target in seen and not entry.is_dir():
            raise CACError(f"{path} holds two files named {entry.filename}; unpack it first")
        seen.add(target)


def _check_size(archive: zipfile.ZipFile, path: Path) -> None:
    entries = archive.infolist()
    size = sum(entry.file_size for entry in entries)
    free = shutil.disk_usage(tempfile.gettempdir()).free
    if size > MOST_BYTES or len(entries) > MOST_FILES:
        raise CACError(f"{path} unpacks to {size >> 20} MiB in {len(entries)} files, which is too much")
    if size > free:
        raise CACError(f"{path} needs {size >> 20} MiB of temporary disk, {free >> 20} MiB are free")
