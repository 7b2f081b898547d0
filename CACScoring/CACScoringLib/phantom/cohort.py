"""A cohort of synthetic scans: one folder each, made in parallel, and a table of what is in them."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from concurrent.futures import Future, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import CACError, os_reason
from ..processes import process_pool
from .files import CAC_NAME, CAR_NAME, POINTS_NAME, TRUTH_NAME, write_scan
from .image_format import ImageFormat
from .phantom import Phantom, PhantomOptions, make_phantom

TABLE_NAME = "cohort.csv"

Row = dict[str, Any]
"""One line of the cohort's table, by column name."""


@dataclass(frozen=True)
class CohortPlan:
    """Which scans to make; scan ``i`` depends on seed, options and ``i`` alone, not on how many there are.

    Parameters
    ----------
    scans
        How many scans, numbered from 1.
    seed
        Seed of the cohort, 0 or more.
    image_format
        How each CT is written.
    options
        Options that all scans share.
    """

    scans: int
    seed: int
    image_format: ImageFormat
    options: PhantomOptions

    def scan_seed(self, number: int) -> int:
        """Seed of scan ``number`` (from 1): 53 bits, so that every JSON reader holds it exactly."""
        return int(np.random.SeedSequence((self.seed, number)).generate_state(1, np.uint64)[0] >> 11)


def make_cohort(
    folder: Path, plan: CohortPlan, workers: int, on_scan: Callable[[Row], None] = lambda row: None
) -> list[Row]:
    """Make a cohort, several scans at a time, and write ``cohort.csv`` when all are there.

    Each scan's folder appears when it is whole, so that an interrupted cohort has whole scans and no table.
    The processes import the program that calls this: a script needs its ``if __name__ == "__main__"``.

    Parameters
    ----------
    folder
        An empty folder, or one to be made.
    plan
        Which scans.
    workers
        Processes at work at the same time; each holds one scan in memory.
    on_scan
        Called with the row of each scan as it is finished, in any order.

    Returns
    -------
    The rows of the table, in the order of the scans.

    Raises
    ------
    CACError
        If the folder holds something already, cannot be written, or a process was killed.
    """
    _prepare(folder)
    rows: dict[int, Row] = {}
    with process_pool(min(workers, plan.scans)) as pool:
        numbers: dict[Future[Row], int] = {
            pool.submit(make_scan, folder, plan, number): number for number in range(1, plan.scans + 1)
        }
        try:
            for future in as_completed(numbers):
                rows[numbers[future]] = future.result()
                on_scan(rows[numbers[future]])
        except BrokenProcessPool as error:
            raise CACError(
                f"a process was ended from outside while making {folder}, perhaps for want of memory: "
                "try again with fewer --workers"
            ) from error
    ordered = [rows[number] for number in sorted(rows)]
    _write_table(folder / TABLE_NAME, ordered)
    return ordered


def make_scan(folder: Path, plan: CohortPlan, number: int) -> Row:
    """Make scan ``number`` of a plan, write it into the cohort's folder and return its row."""
    seed = plan.scan_seed(number)
    phantom = make_phantom(seed, plan.options)
    name = f"scan-{number:04d}"
    write_scan(
        folder / name,
        phantom,
        plan.image_format,
        patient_name=f"PHANTOM^{number:04d}",
        patient_id=f"PHANTOM-{plan.seed}-{number}",
    )
    return {"scan": name, **_facts(phantom), **asdict(plan.options), **_paths(name, plan.image_format)}


def _facts(phantom: Phantom) -> Row:
    truth, geometry = phantom.truth, phantom.geometry
    facts: Row = {
        "seed": truth["seed"],
        "age_years": truth["patient"]["age_years"],
        "sex": truth["patient"]["sex"],
        "kvp": phantom.kvp,
        "kernel": phantom.kernel,
        "noise_hu": truth["noise_hu"],
        "pixel_spacing_mm": geometry.spacing_mm[0],
        "slice_thickness_mm": phantom.slice_thickness_mm,
        "slice_increment_mm": geometry.increment_mm,
        "slices": geometry.size[2],
    }
    for name, sums in (*truth["arteries"].items(), ("total", truth["total"])):
        facts |= {f"{name}_{key}": value for key, value in sums.items()}
    return facts | {
        "extracoronary_deposits": len(truth["extracoronary"]),
        "implants": "; ".join(truth["implants"]),
    }


def _paths(name: str, image_format: ImageFormat) -> Row:
    """Where the files lie, relative to the cohort's folder."""
    files = {
        "ct": image_format.ct_name,
        "cac": CAC_NAME,
        "car": CAR_NAME,
        "points": POINTS_NAME,
        "truth": TRUTH_NAME,
    }
    return {f"{kind}_path": f"{name}/{file}" for kind, file in files.items()}


def _prepare(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise CACError(f"the folder {folder} is not empty; name a new one, or empty it first")
    except FileExistsError as error:
        raise CACError(f"{folder} is a file; name a folder to be made") from error
    except OSError as error:
        raise CACError(f"cannot write to the folder {folder}: {os_reason(error)}") from error


def _write_table(path: Path, rows: list[Row]) -> None:
    table = io.StringIO()
    writer = csv.DictWriter(table, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    partial = path.with_name(f".{path.name}.partial")
    try:
        partial.write_text(table.getvalue(), encoding="utf-8", newline="\n")
        partial.rename(path)
    except OSError as error:
        raise CACError(f"cannot write {path}: {os_reason(error)}") from error
