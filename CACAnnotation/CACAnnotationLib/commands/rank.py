"""``cac rank``: the slices of a project that a reader should look at next."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from CACScoringLib.commands.options import DeviceChoice, DeviceOption

from ..ranking.strategies import STRATEGIES


def rank(
    project: Annotated[
        Path, typer.Argument(metavar="PROJECT", help="Folder of the project.", show_default=False)
    ],
    model: Annotated[
        str | None,
        typer.Option(metavar="MODEL", help="A shipped model or a model's folder; not needed for random."),
    ] = None,
    strategy: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="; ".join(f"{name}: {each.summary}" for name, each in STRATEGIES.items()) + ".",
        ),
    ] = "hybrid",
    budget: Annotated[int, typer.Option(metavar="N", help="How many slices.")] = 100,
    passes: Annotated[int, typer.Option("--mc", metavar="N", help="Passes with dropout.")] = 10,
    seed: Annotated[int, typer.Option(help="Of passes, and of what is drawn.")] = 0,
    device: DeviceOption = DeviceChoice.auto,
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers",
            metavar="N",
            help="Processes that share the scans; with --ray, scans at a time.  [default: 1; with --ray, as "
            "many as it has cores]",
            show_default=False,
        ),
    ] = None,
    ray: Annotated[
        str | None,
        typer.Option(
            "--ray",
            metavar="ADDRESS",
            help="Spread scans over a Ray cluster, all machines of which have project and model under the "
            "same paths: its address; auto for the one this machine belongs to; local for this machine.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="DIR",
            help="Folder for the table, and for the doubts with which the same command goes on after a kill, "
            "and other strategies do without the model.  [default: one for each model below "
            "PROJECT/rankings]",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Choose the slices of PROJECT that are worth most to a model, of those that nobody has signed off.

    The table that it writes explains each choice. A run that was killed goes on where it was.
    """
    from ..project.project import Project
    from ..ranking.run import RankingRun, run_ranking
    from .rank_display import slice_progress, tell_unreadable

    run = RankingRun(strategy, budget, model, passes, seed, device.value, workers, ray, out)
    opened = Project.open(project)
    with slice_progress() as progress:
        ranking = run_ranking(opened, run, progress=progress, unreadable=tell_unreadable)
    typer.echo(ranking.summary)
