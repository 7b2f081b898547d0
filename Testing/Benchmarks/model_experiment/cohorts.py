"""The synthetic cohorts of the experiment, made once: what it trains on, and what it is tested on."""

from __future__ import annotations

from pathlib import Path

from CACScoringLib.cores import available_cores
from CACScoringLib.phantom.cohort import CohortPlan, make_cohort
from CACScoringLib.phantom.image_format import ImageFormat
from CACScoringLib.phantom.phantom import PhantomOptions

TRAINING = {
    "train/plain": (128, 11, PhantomOptions()),
    "train/motion": (10, 12, PhantomOptions(motion=True)),
    "train/metal": (10, 13, PhantomOptions(metal=True)),
    "train/noise": (12, 14, PhantomOptions(severe_noise=True)),
}
TESTS = {
    "test/plain": (60, 21, PhantomOptions()),
    "test/motion": (6, 22, PhantomOptions(motion=True)),
    "test/metal": (6, 23, PhantomOptions(metal=True)),
    "test/noise": (6, 24, PhantomOptions(severe_noise=True)),
}
"""Number of scans, seed and options of each cohort; no seed occurs twice, so no scan does."""


def make_cohorts(folder: Path) -> None:
    """Make the cohorts below ``folder`` that are not there yet; takes about ten minutes on two cores."""
    for name, (scans, seed, options) in (TRAINING | TESTS).items():
        out = folder / name
        if (out / "cohort.csv").is_file():
            continue
        plan = CohortPlan(scans, seed, ImageFormat.nrrd, options)
        make_cohort(out, plan, available_cores())


def scan_folders(cohort: Path) -> list[Path]:
    """Folders of a cohort's scans, in their order."""
    return sorted(each.parent for each in cohort.glob("*/ct.nrrd"))
