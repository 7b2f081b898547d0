"""``cac phantom``: make a cohort of synthetic scans."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ..cores import available_cores
from ..disclaimer import DISCLAIMER
from ..phantom.image_format import ImageFormat
from ..schemes import label_scheme


def phantom(
    out: Annotated[
        Path, typer.Argument(metavar="OUT", help="Folder to be made, or an empty one.", show_default=False)
    ],
    scans: Annotated[int, typer.Option(min=1, help="How many scans.")] = 1,
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same files.")] = 0,
    image_format: Annotated[
        ImageFormat, typer.Option("--format", help="A DICOM series per scan, or one NRRD file.")
    ] = ImageFormat.dicom,
    motion: Annotated[bool, typer.Option("--motion", help="The right coronary artery moved.")] = False,
    metal: Annotated[bool, typer.Option("--metal", help="Metal in the field, with streaks.")] = False,
    stent: Annotated[bool, typer.Option("--stent", help="A stent in a coronary artery.")] = False,
    severe_noise: Annotated[
        bool, typer.Option("--severe-noise", help="Noise as in a very large patient.")
    ] = False,
    calcium: Annotated[
        bool | None,
        typer.Option(
            "--calcium/--no-calcium",
            help="Coronary calcium in all scans, or in none; else by chance.",
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(min=1, help="Processes at a time; one per core if not given.", show_default=False),
    ] = None,
) -> None:
    """Make synthetic calcium-scoring CTs, each with label maps, control points and the truth about it.

    OUT gets a folder per scan and cohort.csv, one row per scan. No patient had a part in them.
    """
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress, TimeElapsedColumn

    from ..phantom.cohort import CohortPlan, make_cohort
    from ..phantom.phantom import PhantomOptions

    options = PhantomOptions(
        motion=motion, metal=metal, stent=stent, severe_noise=severe_noise, calcium=calcium
    )
    plan = CohortPlan(scans, seed, image_format, options)
    columns = (*Progress.get_default_columns(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("Synthetic scans", total=scans)
        rows = make_cohort(out, plan, workers or available_cores(), lambda row: progress.advance(task))
    typer.echo(summary(out, rows))


def summary(out: Path, rows: list[dict[str, Any]]) -> str:
    """Say in a few lines what is in a cohort."""
    arteries = ", ".join(
        f"{label.name} {sum(row[f'{label.name}_lesions'] for row in rows)}"
        for label in label_scheme().arteries
    )
    made = "1 synthetic scan" if len(rows) == 1 else f"{len(rows)} synthetic scans"
    slices = sum(row["slices"] for row in rows)
    lesions = sum(row["total_lesions"] for row in rows)
    without = sum(row["total_lesions"] == 0 for row in rows)
    return (
        f"{made} with {slices} slices in {out}, listed in {out / 'cohort.csv'}\n"
        f"{lesions} coronary lesions ({arteries}); scans without any: {without}\n"
        f"No patients: made by a program. {DISCLAIMER}."
    )
