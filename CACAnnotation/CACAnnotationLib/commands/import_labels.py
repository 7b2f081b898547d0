"""``cac import``: labels from elsewhere for the scans of a project."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def import_command(
    project: Annotated[
        Path, typer.Argument(metavar="PROJECT", help="Folder of the project.", show_default=False)
    ],
    folder: Annotated[
        Path, typer.Argument(metavar="LABELS", help="Folder with label files.", show_default=False)
    ],
    reader: Annotated[str, typer.Option(help="Under whose name.", show_default=False)],
    round_number: Annotated[int, typer.Option("--round", help="Into which round.")] = 1,
) -> None:
    """Take labels into PROJECT: what cac export wrote as nrrd or dicom-seg, or the authors' tool.

    Each scan is one action of the reader, which can be undone. No slice is signed off by it.
    """
    from ..importing.importing import import_labels
    from ..project.project import Project

    failed = done = 0
    for each in import_labels(Project.open(project), folder, reader, round_number):
        if each.error:
            failed += 1
            typer.echo(f"{each.scan.name}: {each.error}", err=True)
            continue
        done += 1
        rest = f"; {each.left_out} voxels are no candidates and were left out" if each.left_out else ""
        typer.echo(f"{each.scan.name}: labels in {each.slices} slices, as {reader}{rest}")
    if failed and not done:
        raise typer.Exit(2)
