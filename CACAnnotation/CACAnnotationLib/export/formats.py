"""The formats of an export, by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from CACScoringLib.errors import CACError

from ..project.project import Project
from .dicom_seg import export_dicom_seg
from .dicom_sr import export_dicom_sr
from .exported_scans import ExportChoice, ExportedScan, exported_scans
from .monai_datalist import export_monai
from .nnunet_dataset import export_nnunet
from .nrrd_files import export_nrrd
from .score_tables import export_csv
from .written import Exported, new_folder

Exporter = Callable[[Iterable[ExportedScan], Path], Iterator[Exported]]

FORMATS: dict[str, Exporter] = {
    "nrrd": export_nrrd,
    "nnunet": export_nnunet,
    "monai": export_monai,
    "dicom-seg": export_dicom_seg,
    "dicom-sr": export_dicom_sr,
    "csv": export_csv,
}


def export_project(project: Project, format_name: str, out: Path, choice: ExportChoice) -> Iterator[Exported]:
    """Export the labels of a project, scan by scan.

    Parameters
    ----------
    project
        The project.
    format_name
        A key of :data:`FORMATS`.
    out
        Folder to be made, or an empty one.
    choice
        Which labels, and what files may say.

    Raises
    ------
    CACError
        If the format is unknown, the folder is not empty, there is nothing to export, or it cannot be
        written.
    """
    if format_name not in FORMATS:
        raise CACError(f"format '{format_name}' is not one of {', '.join(FORMATS)}")
    return FORMATS[format_name](exported_scans(project, choice), new_folder(out))
