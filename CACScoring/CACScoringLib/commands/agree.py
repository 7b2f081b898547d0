"""``cac agree``: agreement of paired readings of many scans."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..disclaimer import DISCLAIMER
from ..errors import CACError, os_reason
from ..scoring.risk import RISK_SCHEMES, RiskScheme, risk_scheme
from .options import JsonOption

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.console import Console

    from ..agreement.bootstrap import BootstrapPlan
    from ..agreement.paired_table import PairedTable
    from ..agreement.reading_agreement import RiskAgreement, TableAgreement


def agree(
    table: Annotated[
        Path,
        typer.Argument(metavar="TABLE", help="Comma-separated table, one row per scan.", show_default=False),
    ],
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for pictures (PNG and SVG) and agreement.json.", show_default=False),
    ] = None,
    risk: Annotated[
        str, typer.Option(metavar="SCHEME", help=f"Risk scheme: {', '.join(RISK_SCHEMES)}.")
    ] = "standard",
    resamples: Annotated[int, typer.Option(min=100, help="Bootstrap resamples.")] = 2000,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the bootstrap.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Compare two readings of many scans: ICC, Bland-Altman, risk categories.

    TABLE has two columns per measure, MEASURE_a for the reference and MEASURE_b for the reading under test,
    for example scan,agatston_a,agatston_b,LAD_a,LAD_b,volume_a,volume_b. Every measure gets its ICC (two-way
    random, absolute agreement, single measures) and limits of agreement; agatston, the total Agatston score,
    also its risk categories and their linearly weighted kappa. Other columns are ignored. A pair with an
    empty cell, NaN or NA is left out and counted.
    """
    from ..agreement.bootstrap import BootstrapPlan
    from ..agreement.documents import table_document
    from ..agreement.paired_table import read_paired_table
    from ..agreement.reading_agreement import table_agreement

    scheme = risk_scheme(risk)
    plan = BootstrapPlan("scan", resamples, seed)
    readings = read_paired_table(table)
    agreement = table_agreement(readings, scheme, plan)
    document = json.dumps(table_document(readings, agreement, plan), indent=2, allow_nan=False)
    if out is not None:
        _write(out, readings, agreement, scheme, document)
    if as_json:
        typer.echo(document)
    else:
        _print(readings, agreement, plan, out)


def _write(
    out: Path, table: PairedTable, agreement: TableAgreement, scheme: RiskScheme, document: str
) -> None:
    """Write the pictures and the figures behind them."""
    import numpy as np

    from ..agreement.bland_altman_picture import bland_altman_figure
    from ..agreement.confusion_picture import confusion_figure
    from ..agreement.reading_agreement import risk_indices
    from ..agreement.wording import with_interval

    figures: dict[str, Figure] = {}
    for measure, each in agreement.measures.items():
        pairs = table.measures[measure]
        changed = np.not_equal(*risk_indices(pairs, scheme)) if pairs is table.agatston else None
        name = "bland_altman_" + re.sub(r"[^\w-]+", "_", measure)
        figures[name] = bland_altman_figure(measure, pairs, each.bland_altman, each.icc, changed)
    if agreement.risk is not None:
        title = (
            f"Risk category ({scheme.name}), linearly weighted kappa {with_interval(agreement.risk.kappa)}"
        )
        figures["risk_categories"] = confusion_figure(agreement.risk.confusion, scheme.categories, title)
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / "agreement.json").write_text(document + "\n", encoding="utf-8")
        for name, figure in figures.items():
            figure.savefig(out / f"{name}.png", dpi=150)
            figure.savefig(out / f"{name}.svg", metadata={"Date": None})
    except OSError as error:
        raise CACError(f"cannot write to {out}: {os_reason(error)}") from error


def _print(table: PairedTable, agreement: TableAgreement, plan: BootstrapPlan, out: Path | None) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from ..agreement.wording import coefficient, interval, number

    console = Console(highlight=False)
    console.print(
        f"{table.rows} scans; a is the reference, b the reading under test; differences are b minus a"
    )
    figures = Table("measure", "pairs", "ICC(A,1)", "bootstrap", "by F", "bias", "95 % limits")
    for measure, each in agreement.measures.items():
        limits = each.bland_altman
        figures.add_row(
            escape(measure),
            str(each.pairs),
            coefficient(each.icc.value),
            interval(each.icc.bootstrap),
            interval(each.icc_f_interval),
            number(limits.bias.value),
            f"{number(limits.lower.value)} to {number(limits.upper.value)}",
        )
    console.print(figures)
    for note in _notes(table, agreement):
        console.print(escape(note))
    if agreement.risk is None:
        console.print("No risk categories: the table has no columns agatston_a and agatston_b.")
    else:
        _print_risk(console, agreement.risk)
    console.print(plan.describe() + "; by F: McGraw & Wong 1996")
    if out is not None:
        console.print(f"Pictures and agreement.json are in {escape(str(out))}")
    console.print(f"{DISCLAIMER}.")


def _notes(table: PairedTable, agreement: TableAgreement) -> Iterator[str]:
    """Say what the figures leave out."""
    for measure, each in agreement.measures.items():
        if each.left_out:
            yield f"{measure}: left out for an empty cell: {each.left_out} of {table.rows}"
        if each.icc.note:
            yield f"{measure}: ICC {each.icc.note}"
    for measure, reason in agreement.skipped.items():
        yield f"{measure}: skipped, {reason}"


def _print_risk(console: Console, risk: RiskAgreement) -> None:
    from rich.table import Table

    from ..agreement.wording import with_interval

    matrix = Table(
        "reference \\ test", *risk.scheme.categories, title=f"Risk categories ({risk.scheme.name})"
    )
    for name, counts in zip(risk.scheme.categories, risk.confusion, strict=True):
        matrix.add_row(name, *map(str, counts))
    console.print(matrix)
    total = int(risk.confusion.sum())
    console.print(
        f"Linearly weighted kappa {with_interval(risk.kappa)}; "
        f"same category in {risk.same_category} of {total} scans"
    )
    if risk.kappa.note:
        console.print(f"kappa: {risk.kappa.note}")
