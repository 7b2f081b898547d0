"""``Testing/Benchmarks/model.md``, written from the results alone."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from CACScoringLib.agreement.bootstrap import Estimate
from CACScoringLib.disclaimer import DISCLAIMER
from figures import (
    FIGURES,
    calibration,
    estimate,
    estimate_difference,
    estimate_mean,
    volume_f1,
    volume_micro_f1,
)
from results import RealResult, ScanResult

_PAPER = {
    "uncertainty-weighted": (0.881, 0.849),
    "static, 0.4": (0.882, 0.850),
    "single-task": (0.804, 0.775),
    "sequential": (0.769, 0.740),
}
"""F1 by volume and micro-F1 of MTAL's full-data models on 1,047 patients (Föllmer 2022)."""

_INTRODUCTION = f"""\
# The demo model, and four ways to train it

Written by `make experiment`, which makes the synthetic cohorts, trains, tests and writes this file; nothing
in it is typed by hand. All scans are synthetic (`cac phantom`), and training and test share no seed: **these
figures say that the programs learn what they should, not how any model does on patients.** No model here has
seen a patient. {DISCLAIMER}.

Scored as `mtal2022`: candidates above 130 HU, lesions below 1.5 mm³ left out, LM in LAD. F1 by volume weighs
voxels by their volume; a lesion is found when one of its voxels is. Intervals: 95 %, BCa bootstrap over
scans, 2,000 resamples.
"""

_UNTESTED = " Not tested on any further data."
"""End of what the card of a training run says of its data; here it is tested."""

_REAL = """\
The candidates of two real low-dose chest CTs of the National Lung Screening Trial, of which only masks were
at hand: heart 40 HU, everything else -800, noise of 20 HU, candidates above 130. There are no muscles, no fat
and no vessels, so that little looks as it did in training, and the truth does not tell arteries apart.
"""

_COMPARISON = """\
Each method with the same patients, slices, batches, augmentation and number of steps, {steps:,} of {batch}
slices, and {seeds} seeds of weights, split and batches; the epoch with the best validation micro-F1 is
tested, on the first {scans} scans of the plain cohort. The sequential pair is two networks, so that a step of
it costs more; minutes are those of one busy core. Figures are means over seeds, and below them the smallest
and the largest; differences are to the uncertainty-weighted mean on the same scans. Intervals resample scans,
not seeds: they say how sure the difference between these models is, not between the methods.
"""

_BESIDE = """\
The paper's columns are from 1,047 patients and cannot be compared with synthetic scans number by number; what
can be compared is the order. The paper trains to convergence, here every run stops early.
"""


def demo_section(tests: Mapping[str, Sequence[ScanResult]], model: Path) -> str:
    """Figures of the demo model on each test cohort."""
    card = json.loads((model / "card.json").read_text(encoding="utf-8"))
    rows = [["cohort", "scans", *FIGURES, "ECE, all candidates", "ECE, above 1/15"]]
    for name, scans in tests.items():
        found = calibration(scans)
        errors = [f"{error:.4f}" for error in (found.expected_calibration_error, found.error_above_first_bin)]
        rows.append(
            [name, str(len(scans)), *(_cell(estimate(scans, each)) for each in FIGURES.values()), *errors]
        )
    size = sum(each.stat().st_size for each in model.iterdir()) / 1e6
    seconds = np.median([row.seconds for row in tests["plain"]])
    return "\n".join(
        [
            "## The demo model",
            "",
            f"`Resources/Models/demo`, {size:.1f} MB. {card['data'].removesuffix(_UNTESTED)}",
            "",
            *_table(rows),
            "",
            "ECE: expected calibration error of the probability of CAC, 15 bins. Median time of a whole "
            f"scan, `exact`, getting ready included: {seconds:.1f} s on the busy machine that wrote this.",
            "",
            _zero_sentence(tests["plain"]),
        ]
    )


def real_section(found: Sequence[RealResult]) -> str:
    """Figures of the demo model on CTs that another generator made on the geometry of real scans."""
    if not found:
        return "## Geometry of real scans\n\nNot tried: the reference data were not there.\n"
    rows = [["geometry", "all candidates", "coronary calcium", "of it found", "called so and is not"]]
    rows += [[each.name, *(f"{volume:,.0f} mm³" for volume in each[1:])] for each in found]
    return "\n".join(["## Geometry of real scans", "", _REAL, *_table(rows)])


def comparison_section(
    methods: Mapping[str, Sequence[Sequence[ScanResult]]],
    minutes: Mapping[str, float],
    steps: int,
    batch: int,
) -> str:
    """Four ways to train, beside the paper's figures."""
    baseline = methods["uncertainty-weighted"]
    header = ["method", *FIGURES, "minutes a run", "paper: F1, volume", "paper: micro-F1"]
    rows = [header]
    for name, seeds in methods.items():
        cells = [f"{_cell(estimate_mean(seeds, each))}<br>{_range(seeds, each)}" for each in FIGURES.values()]
        rows.append([name, *cells, f"{minutes[name]:.1f}", *(f"{each:.3f}" for each in _PAPER[name])])
    differences = [["difference to uncertainty-weighted", "F1, volume", "micro-F1"]]
    for name, seeds in methods.items():
        if seeds is not baseline:
            cells = [
                _cell(estimate_difference(seeds, baseline, each), signed=True)
                for each in (volume_f1, volume_micro_f1)
            ]
            differences.append([name, *cells])
    said = _COMPARISON.format(steps=steps, batch=batch, seeds=len(baseline), scans=len(baseline[0]))
    return "\n".join(
        ["## Four ways to train", "", said, *_table(rows), "", *_table(differences), "", _BESIDE]
    )


def document(sections: Iterable[str]) -> str:
    """Return the whole file."""
    return "\n".join([_INTRODUCTION, *(f"{section.strip()}\n" for section in sections)])


def minutes_of(run: Path) -> float:
    """Minutes that a run trained and validated."""
    with (run / "metrics.csv").open(encoding="utf-8") as file:
        return sum(float(row["seconds"]) for row in csv.DictReader(file)) / 60


def _zero_sentence(rows: Sequence[ScanResult]) -> str:
    truth = np.array([row.agatston[0] == 0 for row in rows])
    model = np.array([row.agatston[1] == 0 for row in rows])
    return (
        f"Of {truth.sum()} plain scans with a true score of 0 the model gives {np.sum(truth & model)} a 0, "
        f"and of the {np.sum(~truth)} others {np.sum(~truth & model)}."
    )


def _range(seeds: Sequence[Sequence[ScanResult]], statistic: object) -> str:
    values = [estimate(rows, statistic).value for rows in seeds]
    return f"{min(values):.3f} … {max(values):.3f}"


def _cell(estimated: Estimate, *, signed: bool = False) -> str:
    if estimated.value is None:
        return "undefined"
    sign = "+" if signed else ""
    bounds = estimated.bootstrap
    interval = "" if bounds is None else f" [{bounds.low:{sign}.3f}, {bounds.high:{sign}.3f}]"
    return f"{estimated.value:{sign}.3f}{interval}"


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return [lines[0], "|" + "---|" * len(rows[0]), *lines[1:]]
