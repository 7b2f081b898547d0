"""``Testing/Benchmarks/active-learning.md``, written from the results alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from CACAnnotationLib.simulating.curves import Curves
from CACAnnotationLib.simulating.orderings import LATER_ROUNDS, PAPER_STRATEGIES, Finding, findings
from CACAnnotationLib.simulating.tables import cell, report, table
from CACScoringLib.disclaimer import DISCLAIMER

_HERE = Path(__file__).parent


def document(
    curves: Curves,
    reading: dict[str, Any] | None,
    scans: int,
    pool: int,
    cohort_seed: int,
    pictures: Sequence[str],
) -> str:
    """Return the whole file."""
    plan, config = curves.plan, curves.plan.config
    tests = len(curves.rounds[0].scans)
    validating = round(plan.validation * scans)
    introduction = (
        (_HERE / "introduction.md")
        .read_text(encoding="utf-8")
        .format(
            disclaimer=DISCLAIMER,
            later=plan.later_rate,
            scans=scans,
            cohort_seed=cohort_seed,
            parts=f"{scans - validating - tests}, {validating}, {tests}",
            pool=pool,
            rounds=", ".join(map(str, plan.rounds)),
            steps=config.epochs * config.batches_per_epoch,
            batch=config.batch_size,
            passes=plan.passes,
            seeds=len(plan.seeds),
            spent=_spent(curves),
        )
    )
    figure, over_hours = pictures
    small = (
        "cac simulate COHORT --out simulation --config Testing/Benchmarks/active_learning/small.toml \\\n"
        f"    --strategies {','.join(plan.strategies)} --losses {','.join(plan.losses)} \\\n"
        f"    --rounds {','.join(map(str, plan.rounds))} --seeds {len(plan.seeds)} --mc {plan.passes} "
        f"--later-rate {plan.later_rate:g} \\\n"
        f"    --validation {plan.validation:g} --test {plan.test:g} --device cpu"
    )
    parts = [
        introduction.strip(),
        "## In plain words\n\n" + "\n".join(_in_words(curves)),
        f"![Micro-F1 over labelled slices, per strategy and loss, with intervals over repetitions]({figure})",
        report(curves).strip(),
        "## Timeline of the reader\n\n" + _hours(curves),
        f"![Micro-F1 over hours of the reader]({over_hours})",
        _effort(reading),
        (_HERE / "commands.md").read_text(encoding="utf-8").format(small=small).strip(),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _spent(curves: Curves) -> str:
    kinds: dict[str, float] = {}
    for each in curves.rounds:
        for kind, seconds in each.seconds.items():
            kinds[kind] = kinds.get(kind, 0.0) + seconds
    hours = ", ".join(f"{kind} {seconds / 60:.0f}" for kind, seconds in kinds.items())
    return (
        f"\nMinutes of the machine, shared with other programs, summed over {len(curves.rounds)} models of "
        f"{len(curves.plan.seeds)} repetitions that ran side by side: {hours}. Slices that several models "
        "share are counted with each."
    )


def _in_words(curves: Curves) -> Iterator[str]:
    """Say what holds, and how sure that is."""
    done = curves.seeds_done()
    if len(done) < len(curves.plan.seeds):
        missing = len(curves.plan.seeds) * len(curves.plan.losses) * _models_each(curves) - len(curves.rounds)
        yield f"- **Not finished: {missing} models are missing.** What is said is of those that are there."
    later = [each for each in findings(curves) if each.where == LATER_ROUNDS]
    for each in later:
        if each.question.of_paper:
            yield f"- The paper's *{each.words}*: {each.verdict} ({_difference(each)})."
    ours = [each for each in later if not each.question.of_paper and each.question.other[1] == "hybrid"]
    for each in ours:
        if each.question.one[1] not in PAPER_STRATEGIES:
            yield f"- *{each.words}*: {each.verdict} ({_difference(each)})."
    beats = [each.words for each in ours if each.comparison.decided]
    if ours:
        yield (
            f"- So {' and '.join(beats)} for sure."
            if beats
            else "- So none of our strategies beats hybrid sampling for sure here."
        )
    yield (
        f"- {len(curves.plan.seeds)} repetitions are few: their intervals are wide, and what is undecided "
        "may well be one way or the other with more of them; of so many comparisons one may come out by "
        "chance."
    )


def _models_each(curves: Curves) -> int:
    """Models of a repetition and a loss: the first round, later rounds of each strategy, all slices."""
    return 2 + (curves.last - 1) * len(curves.plan.strategies)


def _difference(found: Finding) -> str:
    return (
        f"mean of later rounds {cell(found.comparison.over_seeds, signed=True)} over repetitions, "
        f"{cell(found.comparison.over_scans, signed=True)} over test scans"
    )


def _hours(curves: Curves) -> str:
    rows = [["loss", "strategy", *(f"{slices} slices" for slices in curves.plan.rounds)]]
    for loss, strategy in curves.pairs:
        cells = []
        for number in range(1, curves.last + 1):
            hours = curves.reader_hours(loss, strategy, number)
            f1 = curves.micro_f1(loss, strategy, number)
            cells.append("" if hours.value is None else f"{hours.value:.2f} h, {cell(f1).split(' ')[0]}")
        rows.append([loss, strategy, *cells])
    told = "Hours of the reader for all slices up to a round, and micro-F1 then; means over repetitions."
    return f"{told}\n\n{table(rows)}"


def _effort(reading: dict[str, Any] | None) -> str:
    if reading is None:
        return ""
    rows = [["test scans read", "slices", "clicks", "strokes", "s", "each slice: clicks", "strokes", "s"]]
    kinds = (
        ("without proposals", reading["without"]["without_proposals"]),
        ("with: something was accepted", reading["with"]["with_proposals"]),
        ("with: nothing was accepted", reading["with"]["without_proposals"]),
    )
    for name, effort in kinds:
        sums = [
            f"{effort['slices']:,}",
            f"{effort['clicks']:,}",
            f"{effort['strokes']:,}",
            f"{effort['seconds']:,.0f}",
        ]
        per = effort["per_slice"]
        means = ["" if per[key] is None else f"{per[key]:.2f}" for key in ("clicks", "strokes", "seconds")]
        rows.append([name, *sums, *means])
    met = reading["with"]["proposals"]
    seconds = [
        sum(reading[way][kind]["seconds"] for kind in ("with_proposals", "without_proposals"))
        for way in ("with", "without")
    ]
    return (
        "## Effort with and without proposals\n\n"
        "The test scans, read from nothing, and on proposals of the best model of a last round "
        f"({reading['model']}). The reader accepts a proposal if the F1 of its region pixels in the slice is "
        "at least 0.5, or if it saves actions on calcium, and then corrects it.\n\n"
        + table(rows)
        + f"\n\nLesions accepted {met['lesions_accepted']}, of them untouched {met['lesions_untouched']}, "
        f"rejected {met['lesions_rejected']}; regions accepted in {met['regions_accepted']} slices, "
        f"untouched in {met['regions_untouched']}. All in all {seconds[0]:,.0f} s with proposals, "
        f"{seconds[1]:,.0f} s without: a slice whose regions are not good enough is drawn all the same, and "
        "drawing is most of the work."
    )
