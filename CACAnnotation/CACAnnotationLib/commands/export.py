"""``cac export``: labels of a project for training elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from CACScoringLib.disclaimer import DISCLAIMER


def export(
    project: Annotated[
        Path, typer.Argument(metavar="PROJECT", help="Folder of the project.", show_default=False)
    ],
    format_name: Annotated[
        str,
        typer.Option(
            "--format",
            metavar="FORMAT",
            help="nrrd: CT and label maps, as cac train reads them. nnunet: two raw datasets of nnU-Net v2 "
            "with an ignore label. monai: NIfTI and a datalist. "
            "dicom-seg: DICOM segmentations of DICOM series. dicom-sr: measurement reports of them. "
            "csv: scores of scans and lesions.",
            show_default=False,
        ),
    ],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder to be made, or an empty one.")],
    reader: Annotated[
        str | None,
        typer.Option(
            help="Labels of this reader alone; else each slice as whoever signed it off has left it."
        ),
    ] = None,
    round_number: Annotated[
        int | None,
        typer.Option(
            "--round", help="1: readers' own labels alone; 2: blind second readings; 3: adjudications."
        ),
    ] = None,
    identified: Annotated[
        bool, typer.Option("--identified", help="Name files after the scans' own names, not pseudonyms.")
    ] = False,
) -> None:
    """Write the labels of PROJECT for training elsewhere.

    Names are pseudonyms. Of DICOM headers nothing goes along, but what DICOM segmentations refer to.
    """
    from ..export.exported_scans import ExportChoice
    from ..export.formats import export_project
    from ..project.project import Project
    from ..store.settled_labels import ReadingChoice

    choice = ExportChoice(ReadingChoice(reader, round_number), identified)
    scans = 0
    for each in export_project(Project.open(project), format_name, out, choice):
        counts = ", ".join(f"{name}: {count} slices" for name, count in each.labelled.items())
        typer.echo(f"{each.name}: labels of {each.reader}; {counts}")
        scans += 1
    typer.echo(f"{scans} scan{'s' if scans != 1 else ''} in {out}. {DISCLAIMER}")
