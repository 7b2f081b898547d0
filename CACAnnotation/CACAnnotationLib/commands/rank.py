"""``cac rank``: the slices of a project that a reader should look at next."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from CACScoringLib.commands.options import DeviceChoice, DeviceOption


def rank(
    project: Annotated[
        Path, typer.Argument(metavar="PROJECT", help="Folder of the project.", show_default=False)
    ],
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            metavar="DIR",
            help="Folder for ranking.csv, and for doubts.jsonl, with which the same command goes on after "
            "a kill.",
            show_default=False,
        ),
    ],
    model: Annotated[
        str | None,
        typer.Option(metavar="MODEL", help="A shipped model or a model's folder; not needed for random."),
    ] = None,
    strategy: Annotated[
        str,
        typer.Option(
            help="random; hybrid: drawn from the most uncertain fifth (MTAL); variance, entropy, bald: the "
            "most uncertain by that measure."
        ),
    ] = "hybrid",
    budget: Annotated[int, typer.Option(metavar="N", help="How many slices.")] = 100,
    passes: Annotated[int, typer.Option("--mc", metavar="N", help="Passes with dropout.")] = 10,
    seed: Annotated[int, typer.Option(help="Of passes, and of what is drawn.")] = 0,
    device: DeviceOption = DeviceChoice.auto,
) -> None:
    """Choose the slices of PROJECT that are worth most to a model, of those that nobody has signed off."""
    from CACScoringLib.errors import CACError

    from ..project.project import Project
    from ..ranking.ranking import RANKING_NAME, RankingRequest, undoubted, write_ranking
    from ..ranking.ranking import rank as rank_slices

    request = RankingRequest(strategy, budget, seed)
    opened = Project.open(project)
    out.mkdir(parents=True, exist_ok=True)
    if strategy == "random":
        ranked = rank_slices(opened, lambda: undoubted(opened), request)
    else:
        if model is None:
            raise CACError(f"strategy '{strategy}' needs a model: add --model")
        from CACScoringLib.model.prediction.gathered_passes import PassOptions
        from CACScoringLib.model.store import load_model

        from ..ranking.ranking import find_doubts
        from .rank_display import scan_progress, tell_unreadable

        with scan_progress() as progress:
            doubts = find_doubts(
                opened,
                load_model(model),
                out,
                PassOptions(passes, seed=seed),
                device.value,
                progress=progress,
                unreadable=tell_unreadable,
            )
        ranked = rank_slices(opened, lambda: doubts, request)
    write_ranking(opened, ranked, out / RANKING_NAME)
    if not ranked:
        typer.echo("All slices are signed off: there is nothing to rank")
        return
    typer.echo(
        f"{len(ranked)} slices in {out / RANKING_NAME}, first of all slice "
        f"{ranked[0].doubt.slice_index + 1} of scan {ranked[0].doubt.scan}: {ranked[0].reason}"
    )
