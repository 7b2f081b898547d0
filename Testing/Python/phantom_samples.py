"""Synthetic scans, each made once in a test run."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
from cac_runner import run_cac
from CACScoringLib.phantom.phantom import Phantom, PhantomOptions, make_phantom
from made_once import made_once

SEED, COHORT_SEED = 14, 7
SAID = "said.txt"
"""What ``cac phantom`` said of the cohort, beside its folder."""


def easy_phantom(factory: pytest.TempPathFactory) -> Phantom:
    """Scan without anything that makes it harder."""
    return _phantom(factory, "easy-phantom", PhantomOptions(calcium=True))


def difficult_phantom(factory: pytest.TempPathFactory) -> Phantom:
    """Scan with all that makes it harder."""
    options = PhantomOptions(motion=True, metal=True, stent=True, severe_noise=True, calcium=True)
    return _phantom(factory, "difficult-phantom", options)


def dicom_cohort(factory: pytest.TempPathFactory) -> Path:
    """Cohort of two scans."""

    def make(folder: Path) -> None:
        options = ["--scans", 2, "--seed", COHORT_SEED, "--calcium", "--workers", 2]
        said = run_cac("phantom", folder / "cohort", *options)
        (folder / SAID).write_text(said.stdout, encoding="utf-8")

    return made_once(factory, "phantom-cohort", make) / "cohort"


def _phantom(factory: pytest.TempPathFactory, name: str, options: PhantomOptions) -> Phantom:
    def make(folder: Path) -> None:
        (folder / "phantom").write_bytes(pickle.dumps(make_phantom(SEED, options)))

    phantom = pickle.loads((made_once(factory, name, make) / "phantom").read_bytes())
    for array in (phantom.hu, phantom.cac, phantom.car):
        array.flags.writeable = False
    return phantom
