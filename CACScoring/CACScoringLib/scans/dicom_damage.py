"""DICOM files that cannot be used, and the sentence that says so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from pydicom.dataset import Dataset

from ..errors import CACError, os_reason
from .dicom_elements import uid_of
from .quiet import quiet_pydicom


@dataclass(frozen=True)
class DamagedFile:
    """A DICOM file that cannot be used, and the series it belongs to as far as that can be read."""

    path: Path
    message: str
    study_uid: str | None = None
    series_uid: str | None = None


class DamagedFileError(CACError):
    """Raised for a DICOM file that cannot be used."""

    def __init__(self, file: DamagedFile) -> None:
        super().__init__(file.message)
        self.file = file


@contextmanager
def named_damage(
    path: Path,
    name: str,
    dataset: Dataset | None = None,
    what: str = "its DICOM elements cannot be read",
) -> Iterator[None]:
    """Turn whatever a damaged file makes a library raise or warn of into a sentence that names the file."""
    try:
        with quiet_pydicom():
            yield
    except CACError:
        raise
    except OSError as error:
        raise damaged(f"{name} cannot be opened: {os_reason(error)}", path, dataset) from error
    # A damaged length makes pydicom ask for gigabytes.
    except (Exception, MemoryError) as error:
        raise damaged(f"{name} is damaged: {what}; copy or export it again", path, dataset) from error


def damaged(message: str, path: Path, dataset: Dataset | None = None) -> DamagedFileError:
    """Return the error for a damaged file, with its study and series as far as the data set tells them."""
    study_uid = series_uid = None
    if dataset is not None:
        with suppress(Exception), quiet_pydicom():
            study_uid, series_uid = (
                uid_of(dataset, "StudyInstanceUID"),
                uid_of(dataset, "SeriesInstanceUID"),
            )
    return DamagedFileError(DamagedFile(path, message, study_uid, series_uid))
