"""``cac simulate``: an experiment in active learning with a reader made of truth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from CACScoringLib.commands.options import DeviceChoice, DeviceOption
from CACScoringLib.errors import CACError


def simulate(
    cohort: Annotated[
        Path,
        typer.Argument(
            metavar="COHORT",
            help="Scans with their truth, cac.nrrd and car.nrrd beside each: as 'cac phantom' makes them.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            metavar="DIR",
            help="Folder of the experiment; the same command goes on after a kill.",
            show_default=False,
        ),
    ],
    config: Annotated[
        str,
        typer.Option(metavar="NAME|FILE", help="How models are trained: small, mtal2022, or a TOML file."),
    ] = "small",
    strategies: Annotated[
        str, typer.Option(help="How slices are chosen, separated by commas; those of 'cac rank'.")
    ] = "random,hybrid,risk",
    losses: Annotated[
        str, typer.Option(help="Weightings of the losses, separated by commas: static, uncertainty.")
    ] = "static,uncertainty",
    rounds: Annotated[
        str, typer.Option(help="Labelled slices after each round; those of the first are drawn at random.")
    ] = "100,200,400,800",
    seeds: Annotated[int, typer.Option(min=1, metavar="N", help="How many repetitions.")] = 3,
    first_seed: Annotated[int, typer.Option(min=0, help="Seed of the first repetition.")] = 0,
    errors: Annotated[
        float,
        typer.Option(
            metavar="RATE",
            help="Share of lesions that the reader misses or gives to a wrong artery, and of slices in which "
            "something else is taken for one.",
        ),
    ] = 0.0,
    proposals: Annotated[
        bool, typer.Option("--proposals", help="The reader works on proposals of the last model.")
    ] = False,
    passes: Annotated[int, typer.Option("--mc", metavar="N", help="Passes with dropout of a ranking.")] = 10,
    later_rate: Annotated[
        float,
        typer.Option(help="Learning rate of later rounds, as a share of the first (MTAL: 1e-4 of 5e-4)."),
    ] = 0.2,
    validation: Annotated[float, typer.Option(help="Share of the patients that validate.")] = 0.15,
    test: Annotated[float, typer.Option(help="Share of the patients to test on.")] = 0.25,
    device: DeviceOption = DeviceChoice.auto,
) -> None:
    """Find out what choosing slices is worth: label, train, test and choose again, round by round.

    DIR gets results.csv, report.md with MTAL's Tables 6 and 7 and what holds of its orderings, figure-5.png
    and timeline.png. Each step is kept once it is done. The same command may run several times at once; each
    takes repetitions that no other works on.
    """
    from ..simulating.plan import SimulationPlan
    from ..simulating.report import FIGURE_NAME, REPORT_NAME, write_report
    from ..simulating.simulation import Simulation
    from ..training.configuration import read_config
    from ..training.shipped_configs import config_file

    plan = SimulationPlan(
        read_config(config_file(config)),
        _names(strategies),
        _names(losses),
        _numbers(rounds),
        tuple(range(first_seed, first_seed + seeds)),
        errors,
        proposals,
        passes,
        later_rate,
        validation,
        test,
    )
    whole = Simulation(cohort, plan, out, device.value, lambda sentence: typer.echo(sentence, err=True)).run()
    write_report(out, plan)
    typer.echo(f"{out / REPORT_NAME}, {out / FIGURE_NAME}")
    if not whole:
        typer.echo("Not all is done yet: another process works on it; give the command again later")


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _numbers(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(number) for number in _names(text))
    except ValueError:
        raise CACError(f"'{text}' is no list of numbers of slices, for example 100,200,400,800") from None
