"""``cac effort``: what labelling has cost, and what became of proposals."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from CACScoringLib.commands.options import JsonOption


def effort(
    project: Annotated[
        Path, typer.Argument(metavar="PROJECT", help="Folder of the project.", show_default=False)
    ],
    as_json: JsonOption = False,
) -> None:
    """Count clicks, strokes and seconds per signed-off slice of each reader, with and without proposals.

    A slice was read with proposals if the reader accepted or rejected something in it that a model proposed.
    Clicks and strokes that were taken back were made all the same; of proposals what stands is counted.
    """
    from CACScoringLib.commands.output import echo_json

    from ..effort.reader_effort import effort_of
    from ..project.project import Project
    from .effort_display import print_effort

    readers = effort_of(Project.open(project).store)
    if as_json:
        echo_json([each.as_document() for each in readers])
    else:
        print_effort(readers)
