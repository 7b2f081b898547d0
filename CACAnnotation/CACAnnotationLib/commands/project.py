"""``cac project``: the folder in which scans are labelled."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from CACScoringLib.commands.options import AllowGapsOption, JsonOption, SeriesOption
from CACScoringLib.commands.output import echo_json

if TYPE_CHECKING:
    from ..project.adding import Added

app = typer.Typer(help="Projects: make one, add scans, see how far the labelling is.", no_args_is_help=True)

ProjectArgument = Annotated[
    Path, typer.Argument(metavar="PROJECT", help="Folder of the project.", show_default=False)
]


class ListedStatus(str, Enum):
    """Statuses of slices, as words of a command line."""

    untouched = "untouched"
    in_work = "in-work"
    signed_off = "signed-off"
    skipped = "skipped"
    flagged = "flagged"


@app.command("init")
def init_project(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="DIR", help="Folder of the project, made if it is missing.", show_default=False
        ),
    ],
    with_lm: Annotated[
        bool, typer.Option("--lm", help="Label the left main (LM) apart; else it belongs to LAD.")
    ] = False,
    store: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="Keep the labels in an empty PostgreSQL database, postgresql://user@host/name, for readers "
            "on many machines; else in a file in DIR. The password belongs into ~/.pgpass or PGPASSWORD.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Make a project in DIR."""
    from ..project.project import Project

    project = Project.create(folder, with_lm=with_lm, store_url=store)
    typer.echo(f"Project in {folder}, labels {', '.join(project.scheme.names)}")


@app.command("add")
def add_scans(
    folder: ProjectArgument,
    images: Annotated[
        list[Path],
        typer.Argument(
            metavar="IMAGE...",
            help="Scans or folders of scans: DICOM, zip, NRRD, NIfTI, MetaImage.",
            show_default=False,
        ),
    ],
    copy: Annotated[
        bool,
        typer.Option(
            "--copy", help="Copy the files into the project, as they are; else only their place is kept."
        ),
    ] = False,
    series: SeriesOption = None,
    allow_gaps: AllowGapsOption = False,
) -> None:
    """Add scans to PROJECT, each series once.

    Of a study, the series that suits calcium scoring best. What cannot be read is named and passed over.
    """
    from ..project.adding import ADDED, FAILED, FOUND_AGAIN, THERE, AddingOptions, add_images
    from ..project.project import Project

    project = Project.open(folder)
    counts = dict.fromkeys((ADDED, THERE, FOUND_AGAIN, FAILED), 0)
    for each in add_images(project, images, AddingOptions(copy, series, allow_gaps)):
        counts[each.outcome] += 1
        typer.echo(_sentence(each), err=each.outcome == FAILED)
    typer.echo(", ".join(f"{count} {outcome}" for outcome, count in counts.items() if count))
    if counts[FAILED] and not counts[ADDED] and not counts[FOUND_AGAIN]:
        raise typer.Exit(2)


@app.command("split")
def split_project(
    folder: ProjectArgument,
    validation: Annotated[
        float, typer.Option(metavar="SHARE", help="Share of the patients that validate models.")
    ] = 0.2,
    test: Annotated[float, typer.Option(metavar="SHARE", help="Share of the patients that test them.")] = 0.2,
    seed: Annotated[int, typer.Option(help="Of the draw.")] = 0,
) -> None:
    """Divide the patients of PROJECT between training, validation and test.

    Whoever has a part keeps it; patients added since get theirs. Only slices of training patients are ranked.
    """
    from collections import Counter

    from ..project.project import Project
    from ..project.splitting import split_patients
    from ..store.parts import PARTS

    counts = Counter(split_patients(Project.open(folder), validation, test, seed).values())
    typer.echo("Patients: " + ", ".join(f"{part} {counts[part]}" for part in PARTS))


@app.command("status")
def show_status(folder: ProjectArgument, as_json: JsonOption = False) -> None:
    """Show the scans of PROJECT, who labelled how much of them, and in what time."""
    from ..project.project import Project
    from ..project.status import project_status
    from ..queueing.rounds import rounds_of
    from ..queueing.summary import round_in_words

    project = Project.open(folder)
    document = project_status(project)
    if as_json:
        echo_json(document)
        return
    from .project_display import print_status

    print_status(document)
    for each in rounds_of(project.store):
        typer.echo(round_in_words(each))


@app.command("slices")
def list_project_slices(
    folder: ProjectArgument,
    status: Annotated[
        ListedStatus | None, typer.Option(help="Where a reader stands with it.", show_default=False)
    ] = None,
    reader: Annotated[str | None, typer.Option(help="Whose slices.", show_default=False)] = None,
    scan: Annotated[
        int | None, typer.Option(metavar="N", help="Number of the scan.", show_default=False)
    ] = None,
    round: Annotated[
        int | None, typer.Option(metavar="N", help="Round of the queue.", show_default=False)
    ] = None,
    limit: Annotated[int, typer.Option(metavar="N", min=1, help="At most so many.")] = 100,
    offset: Annotated[int, typer.Option(metavar="N", min=0, help="How many to pass over.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """List slices of PROJECT, in the order of scans: who has labelled them, where they are in the queue."""
    from ..project.project import Project
    from ..store.label_store import reader_name
    from ..store.slice_listing import SliceFilter, list_slices

    name = None if reader is None else reader_name(reader)
    wanted = SliceFilter(None if status is None else status.value.replace("-", " "), name, scan, round)
    page = list_slices(Project.open(folder).store, wanted, limit, offset)
    if as_json:
        slices = [each._asdict() | {"slice": each.slice_index + 1} for each in page.slices]
        echo_json({"total": page.total, "offset": offset, "slices": slices})
        return
    from .project_display import print_slices

    print_slices(page, offset)


@app.command("backup")
def backup_labels(
    folder: ProjectArgument,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="File to be made, instead of one in PROJECT/backups."),
    ] = None,
) -> None:
    """Copy the labels of PROJECT, while readers go on; images are not copied."""
    from ..project.backup import backup
    from ..project.project import Project

    typer.echo(f"Backup: {backup(Project.open(folder), out)}")


@app.command("restore")
def restore_labels(
    folder: ProjectArgument,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A backup of this project.", show_default=False)
    ],
) -> None:
    """Put a backup in the place of the labels of PROJECT, of which a backup is taken first."""
    from ..project.backup import restore
    from ..project.project import Project

    before = restore(Project.open(folder), file)
    earlier = f"before they were those of {before}" if before else "before there were none"
    typer.echo(f"Labels are those of {file}; {earlier}")


@app.command("check")
def check_project(folder: ProjectArgument) -> None:
    """Check PROJECT: scans are there, the labels' file is whole, labels are what their events made."""
    from ..project.backup import check
    from ..project.project import Project

    problems = 0
    for problem in check(Project.open(folder)):
        typer.echo(problem, err=True)
        problems += 1
    if problems:
        raise typer.Exit(2)
    typer.echo("No problem found")


def _sentence(added: Added) -> str:
    if added.scan is None:
        return f"{added.name}: {added.error}"
    scan = added.scan
    facts = f"scan {scan.id}, {scan.patient}, {scan.slices} slices of {scan.shape[2]} x {scan.shape[1]}"
    more = f"; {added.other_series} more series, to be added with --series" if added.other_series else ""
    return f"{added.name}: {added.outcome}, {facts}{more}"
