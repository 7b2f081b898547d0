"""What came of a simulation, as Markdown: MTAL's Tables 6 and 7, and which of its orderings hold."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from CACScoringLib.agreement.bootstrap import Estimate
from CACScoringLib.disclaimer import DISCLAIMER

from .curves import Curves
from .orderings import findings
from .over_seeds import over_seeds
from .rounds import ALL_DATA
from .simulated_clock import CALCIUM_AND_REGIONS_S, CALCIUM_S

PAPER_TABLE_6 = {
    ("static", "random"): 0.8928,
    ("static", "hybrid"): 0.9470,
    ("uncertainty", "random"): 0.9564,
    ("uncertainty", "hybrid"): 0.9965,
}
"""Share of the full-data micro-F1 after three rounds (MTAL Table 6)."""
_PAPER_SLICES, _PAPER_CHOSEN = 6721, 800


def report(curves: Curves) -> str:
    """Return all tables of a simulation."""
    sections = [_told(curves), _curve_table(curves), _table_6(curves), _table_7(curves), _orderings(curves)]
    return "\n\n".join(section for section in sections if section) + "\n"


def _told(curves: Curves) -> str:
    plan, done = curves.plan, curves.seeds_done()
    seeds = f"{len(done)} of {len(plan.seeds)} repetitions are whole"
    if len(done) < len(plan.seeds):
        seeds += "; figures below use whatever is done, so that their numbers of repetitions differ"
    mistakes = f"mistakes at a rate of {plan.errors:g}" if plan.errors else "no mistakes"
    proposals = ", on proposals of the last model from round 2 on" if plan.proposals else ""
    return (
        f"{seeds}. The reader makes {mistakes}{proposals}. Intervals: 95 %, Student's t over repetitions. "
        f"{DISCLAIMER}."
    )


def _curve_table(curves: Curves) -> str:
    rows = [["loss", "strategy", *(f"{slices} slices" for slices in curves.plan.rounds), "all slices"]]
    for loss, strategy in curves.pairs:
        cells = [
            cell(curves.micro_f1(loss, strategy, number)) + _of_how_many(curves, loss, strategy, number)
            for number in range(1, curves.last + 1)
        ]
        full = cell(_full(curves, loss)) + _of_how_many(curves, loss, ALL_DATA, 0)
        rows.append([loss, strategy, *cells, full])
    return "## Micro-F1 over labelled slices\n\n" + table(rows)


def _table_6(curves: Curves) -> str:
    """Shares of what the uncertainty-weighted model reaches on all data, as in the paper."""
    loss = "uncertainty" if curves.all_data("uncertainty") else curves.plan.losses[0]
    full = _full(curves, loss).value
    if not full:
        return ""
    rows = [["loss", "strategy", "micro-F1", "of all slices", "paper"]]
    for pair in curves.pairs:
        models = curves.models(*pair, curves.last).values()
        values = [each.figures["micro_f1"] for each in models]
        paper = PAPER_TABLE_6.get(pair)
        share = over_seeds([value / full for value in values])
        found = cell(over_seeds(values)) + _of_how_many(curves, *pair, curves.last)
        cells = [found, percent(share), f"{paper:.2%}" if paper else ""]
        rows.append([*pair, *cells])
    return (
        f"## Table 6: share of the micro-F1 of all slices, after {curves.plan.rounds[-1]} slices\n\n"
        f"100 % is the mean of the {loss}-weighted models of all slices, {full:.3f}.\n\n" + table(rows)
    )


def _table_7(curves: Curves) -> str:
    everything = [each for loss in curves.plan.losses for each in curves.all_data(loss).values()]
    if not everything:
        return ""
    calcium = _mean(each.labelled.seconds - each.labelled.drawing_seconds for each in everything)
    slices = _mean(each.labelled.slices for each in everything)
    head = ["labelled", "slices", "s per slice", "s", "ratio", "ratio at the paper's seconds"]
    rows = [[*head, "ratio in the paper"]]

    def row(what: str, count: float, seconds: float, flat_s: float, paper: float | None) -> None:
        per = seconds / count if count else float("nan")
        ratios = f"{seconds / calcium:.2f}", f"{flat_s * count / (CALCIUM_S * slices):.2f}"
        beside = "" if paper is None else f"{paper:.2f}"
        rows.append([what, f"{count:,.0f}", f"{per:.1f}", f"{seconds:,.0f}", *ratios, beside])

    row("calcium, all slices", slices, calcium, CALCIUM_S, 1.0)
    row(
        "calcium and regions, all slices",
        slices,
        _mean(each.labelled.seconds for each in everything),
        CALCIUM_AND_REGIONS_S,
        CALCIUM_AND_REGIONS_S / CALCIUM_S,
    )
    paper = _PAPER_CHOSEN * CALCIUM_AND_REGIONS_S / (_PAPER_SLICES * CALCIUM_S)
    for loss, strategy in curves.pairs:
        models = list(curves.models(loss, strategy, curves.last).values())
        if models:
            row(
                f"calcium and regions, {strategy}, {loss}",
                _mean(each.labelled.slices for each in models),
                _mean(each.labelled.seconds for each in models),
                CALCIUM_AND_REGIONS_S,
                paper if strategy == "hybrid" and loss == "uncertainty" else None,
            )
    return (
        "## Table 7: time of the reader\n\nRatios are to reading calcium in all slices: by the simulated "
        f"clock, which charges each action, and at the paper's {CALCIUM_S:g} s a slice for calcium and "
        f"{CALCIUM_AND_REGIONS_S:g} s with regions.\n\n" + table(rows)
    )


def _orderings(curves: Curves) -> str:
    """Differences of micro-F1 that the paper reports an ordering of, and ours against hybrid."""
    rows = [["higher?", "at", "difference, over repetitions", "over test scans", "so"]]
    for each in findings(curves):
        found = each.comparison
        cells = cell(found.over_seeds, signed=True), cell(found.over_scans, signed=True)
        rows.append([each.words, each.where, *cells, each.verdict])
    if len(rows) == 1:
        return ""
    return (
        "## Orderings\n\nEach repetition is compared with its own. *Holds* and *does not hold* are said "
        "where both intervals leave no doubt, otherwise the sign of the mean is given. Intervals over test "
        "scans are BCa bootstrap; those of all later rounds resample each scan with all its rounds.\n\n"
        + table(rows)
    )


def _full(curves: Curves, loss: str) -> Estimate:
    return over_seeds([each.figures["micro_f1"] for each in curves.all_data(loss).values()])


def _of_how_many(curves: Curves, loss: str, strategy: str, number: int) -> str:
    """Say how many repetitions a figure rests on where some are missing."""
    done, all_ = len(curves.models(loss, strategy, number)), len(curves.plan.seeds)
    return f" ({done} of {all_})" if 0 < done < all_ else ""


def _mean(values: Iterable[float]) -> float:
    found = list(values)
    return sum(found) / len(found)


def cell(estimate: Estimate, *, signed: bool = False) -> str:
    """Return an estimate with its interval, as a cell of a table."""
    if estimate.value is None:
        return "–"  # noqa: RUF001
    sign, bounds = "+" if signed else "", estimate.bootstrap
    interval = "" if bounds is None else f" [{bounds.low:{sign}.3f}, {bounds.high:{sign}.3f}]"
    return f"{estimate.value:{sign}.3f}{interval}"


def percent(estimate: Estimate) -> str:
    """Return a share with its interval, in percent."""
    if estimate.value is None:
        return "–"  # noqa: RUF001
    bounds = estimate.bootstrap
    interval = "" if bounds is None else f" [{100 * bounds.low:.1f}, {100 * bounds.high:.1f}]"
    return f"{100 * estimate.value:.1f}{interval} %"


def table(rows: Sequence[Sequence[str]]) -> str:
    """Return rows, the first of which is the head, as a Markdown table."""
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:]])
