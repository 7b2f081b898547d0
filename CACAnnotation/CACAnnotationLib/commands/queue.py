"""``cac queue``: rounds of slices to be labelled."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer
from CACScoringLib.commands.options import JsonOption
from CACScoringLib.commands.output import echo_json

from .project import ProjectArgument

app = typer.Typer(help="The queue: rounds of slices to be labelled.", no_args_is_help=True)


class Twice(str, Enum):
    """Who reads a slice a second time."""

    intra = "intra"
    inter = "inter"


class EvaluatingPart(str, Enum):
    """Parts whose slices are never ranked."""

    validation = "validation"
    test = "test"


@app.command("start")
def start(
    folder: ProjectArgument,
    ranking: Annotated[
        Path | None,
        typer.Argument(
            metavar="[RANKING]",
            help="Table of cac rank: its slices become a round, in their order.",
            show_default=False,
        ),
    ] = None,
    part: Annotated[
        EvaluatingPart | None,
        typer.Option(
            help="Instead of a ranking: slices of these patients, scan by scan.", show_default=False
        ),
    ] = None,
    budget: Annotated[
        int | None, typer.Option(metavar="N", help="At most so many slices.", min=1, show_default=False)
    ] = None,
    double: Annotated[
        Twice | None,
        typer.Option(
            help="Have slices read twice, blind: intra by the same reader, inter by another.",
            show_default=False,
        ),
    ] = None,
    share: Annotated[float, typer.Option(help="Share of the slices that are read twice.")] = 0.1,
) -> None:
    """Put slices into the queue of PROJECT as a new round; readers find it in CAC Annotation."""
    from itertools import islice

    from CACScoringLib.errors import CACError

    from ..project.project import Project
    from ..queueing.choosing import slices_of_part, slices_of_table
    from ..queueing.rounds import DoubleReading, rounds_of, start_round
    from ..queueing.summary import round_in_words

    if (ranking is None) == (part is None):
        raise CACError("name the table of a ranking, or a part with --part")
    project = Project.open(folder)
    if ranking is not None:
        chosen, strategy = slices_of_table(project, ranking), "ranking"
    else:
        assert part is not None
        chosen, strategy = slices_of_part(project, part.value), part.value
    start_round(
        project.store,
        islice(chosen, budget),
        strategy=strategy,
        double=DoubleReading(double.value, share) if double else None,
    )
    typer.echo(round_in_words(rounds_of(project.store)[-1]))


@app.command("show")
def show(folder: ProjectArgument, as_json: JsonOption = False) -> None:
    """Show the rounds of PROJECT and how far they are."""
    from ..project.project import Project
    from ..queueing.rounds import rounds_of
    from ..queueing.summary import nothing_left, queue_document, round_in_words

    store = Project.open(folder).store
    if as_json:
        echo_json(queue_document(store))
        return
    rounds = rounds_of(store)
    for each in rounds:
        typer.echo(round_in_words(each))
    if not rounds:
        typer.echo(nothing_left(store))


@app.command("release")
def release(
    folder: ProjectArgument,
    reader: Annotated[str, typer.Option(help="Whose slices.", show_default=False)],
) -> None:
    """Give back the slices that a reader has taken from the queue of PROJECT and not done."""
    from ..project.project import Project
    from ..queueing.labelling_queue import LabellingQueue

    count = LabellingQueue(Project.open(folder).store, reader).give_back()
    typer.echo(f"{count} slice{'s' if count != 1 else ''} given back")
