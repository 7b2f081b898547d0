"""``cac round``: the next round of learning."""

from __future__ import annotations

from typing import Annotated

import typer
from CACScoringLib.commands.options import DeviceChoice, DeviceOption

from ..ranking.strategies import STRATEGIES
from .project import ProjectArgument
from .queue import Twice


def round_command(
    folder: ProjectArgument,
    config: Annotated[
        str,
        typer.Option(metavar="NAME|FILE", help="small, mtal2022, or a training configuration of your own."),
    ] = "small",
    strategy: Annotated[
        str, typer.Option(metavar="NAME", help=f"{', '.join(STRATEGIES)}: see cac rank --help.")
    ] = "hybrid",
    budget: Annotated[int, typer.Option(metavar="N", help="Slices of the next round of the queue.")] = 100,
    passes: Annotated[int, typer.Option("--mc", metavar="N", help="Passes with dropout.")] = 10,
    seed: Annotated[int, typer.Option(help="Of passes, and of what is drawn.")] = 0,
    device: DeviceOption = DeviceChoice.auto,
    workers: Annotated[
        int | None, typer.Option(metavar="N", help="Processes that rank.", show_default=False)
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
    """Train on what is signed off in PROJECT, keep the model if it is not worse, rank, and fill the queue.

    A round that was stopped or killed goes on when the same command is given again. The first one, before any
    label, draws slices at random. PROJECT/rounds gets timeline.csv and timeline.png.
    """
    from ..project.project import Project
    from ..queueing.queued_slice import WAITING
    from ..queueing.rounds import rounds_of
    from ..queueing.summary import round_in_words
    from ..rounds.outcome import outcomes
    from ..rounds.plan import RoundPlan
    from ..rounds.run import run_round
    from .round_display import print_timeline, said, step_progress

    plan = RoundPlan(
        config,
        strategy,
        budget,
        passes,
        seed,
        device.value,
        workers,
        double.value if double else "",
        share,
    )
    project = Project.open(folder)
    with step_progress() as progress:
        outcome = run_round(project, plan, progress=progress, tell=lambda text: typer.echo(text, err=True))
    print_timeline(outcomes(project.folder))
    for each in rounds_of(project.store):
        if each.number_of(statuses=(WAITING,)):
            typer.echo(f"In the queue: {round_in_words(each)}")
    typer.echo(said(outcome, project.folder))
