"""Archives of DICOM files, unpacked where they can do no harm."""

from __future__ import annotations

import shutil
import tempfile
import zipfile
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
                for entry in archive.infolist():
                    # extract() keeps entries inside the folder, whatever their names say.
                    archive.extract(entry, folder)
        except (zipfile.BadZipFile, EOFError, ValueError) as error:
            raise CACError(f"{path} is a damaged zip archive; copy or export it again") from error
        except (RuntimeError, NotImplementedError) as error:
            raise CACError(f"{path} is encrypted or packed in an unknown way; unpack it first") from error
        except OSError as error:
            raise CACError(
                f"{path} cannot be unpacked: {error.strerror or 'it holds unusable names'}"
            ) from error
        yield Path(folder)


def is_archive(path: Path) -> bool:
    """Tell whether a file is to be unpacked first, by its name."""
    return path.suffix.lower() == ".zip"


def _check_size(archive: zipfile.ZipFile, path: Path) -> None:
    entries = archive.infolist()
    size = sum(entry.file_size for entry in entries)
    free = shutil.disk_usage(tempfile.gettempdir()).free
    if size > MOST_BYTES or len(entries) > MOST_FILES:
        raise CACError(f"{path} unpacks to {size >> 20} MiB in {len(entries)} files, which is too much")
    if size > free:
        raise CACError(f"{path} needs {size >> 20} MiB of temporary disk, {free >> 20} MiB are free")
