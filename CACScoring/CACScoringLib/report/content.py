"""What a report says, in words and figures, before anything is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Literal

from ..geometry import VolumeGeometry
from ..scans.ct_scan import ScanWarning
from ..schemes import label_scheme
from ..scoring.risk import risk_scheme
from ..scoring.scored_scan import ScoredScan
from ..scoring.scores import ArteryScores
from .facts import Fact, acquisition_facts, protocol_facts

NOT_KNOWN = "\N{EN DASH}"

State = Literal["reviewed", "not reviewed"]


@dataclass(frozen=True)
class ScoreRow:
    """One line of the score table.

    Parameters
    ----------
    name, title
        Short and long name of the artery; the total has no long one.
    colour
        CSS colour of the artery, None for the total.
    share
        Length of its bar: Agatston score over the largest of any artery, 0 to 1.
    cells
        Agatston score, volume, mass, density and number of lesions, as :data:`COLUMNS` says.
    """

    name: str
    title: str
    colour: str | None
    share: float
    cells: tuple[str, ...]


COLUMNS = (("Agatston", ""), ("Volume", "mm³"), ("Mass", "mg"), ("Density", "1\N{EN DASH}4"), ("Lesions", ""))
"""Heading and unit of the columns of the score table."""


@dataclass(frozen=True)
class RiskLine:
    """The categories of a risk scheme; the scan's own as written and its position, None without score."""

    categories: tuple[str, ...]
    category: str | None
    position: int | None


@dataclass(frozen=True)
class LesionRow:
    """One line of the lesion table, as text; slices are counted from 1."""

    cells: tuple[str, ...]
    artery: str
    colour: str


LESION_COLUMNS = (
    "Lesion",
    "Artery",
    "Slices",
    "Agatston",
    "Volume mm³",
    "Mass mg",
    "Peak HU",
    "Centre RAS mm",
)


@dataclass(frozen=True)
class ReportContent:
    """Everything that a report says.

    Parameters
    ----------
    name
        What the user calls the scan.
    patient_key
        Pseudonym, None where nothing identifies the patient.
    state
        Whether all of it was reviewed.
    state_text, state_note
        The review state, and what follows from it.
    warnings
        The scan's warnings.
    agatston
        Total score, None while there is no score.
    summary
        Short facts that go with the total.
    risk
        Risk categories.
    rows
        Score table, the total last.
    lesions
        Lesion table.
    mass_note
        Says why there is no mass; empty if there is.
    acquisition, protocol
        How the scan was made and how it was scored.
    software
        Name and version of what made the report.
    """

    name: str
    patient_key: str | None
    state: State
    state_text: str
    state_note: str
    warnings: tuple[ScanWarning, ...]
    agatston: str | None
    summary: tuple[Fact, ...]
    risk: RiskLine
    rows: tuple[ScoreRow, ...]
    lesions: tuple[LesionRow, ...]
    mass_note: str
    acquisition: tuple[Fact, ...]
    protocol: tuple[Fact, ...]
    software: str


def report_content(name: str, scored: ScoredScan) -> ReportContent:
    """Put a scored scan into words."""
    scores, protocol = scored.scores, scored.protocol
    age, risk = scored.arterial_age_years, _risk(scored)
    return ReportContent(
        name=name,
        patient_key=scored.scan.acquisition.patient_key,
        state="reviewed" if scored.review.complete else "not reviewed",
        state_text=str(scored.review)[0].upper() + str(scored.review)[1:],
        state_note=_state_note(scored),
        warnings=scored.scan.warnings,
        agatston=None if scores is None else _score(scores.total.agatston),
        summary=(
            Fact(f"Risk category, {protocol.risk_scheme} scheme", risk.category or NOT_KNOWN),
            Fact("Arterial age", NOT_KNOWN if age is None else f"{age:.0f} years"),
            Fact("Arteries with calcium", NOT_KNOWN if scores is None else str(scores.vessels)),
            Fact("Candidate lesions", f"{scored.candidates:,}"),
        ),
        risk=risk,
        rows=_score_rows(scored),
        lesions=_lesion_rows(scored),
        mass_note="" if protocol.mass_factor else "No mass: uncalibrated (no calibration factor is set)",
        acquisition=acquisition_facts(scored.scan),
        protocol=protocol_facts(protocol),
        software=f"coronary-calcium {software_version()}",
    )


def software_version() -> str:
    """Version of the installed package; "unknown" where it runs from a bare folder, as inside Slicer."""
    try:
        return version("coronary-calcium")
    except PackageNotFoundError:
        return "unknown"


def css_colour(rgb: tuple[int, int, int]) -> str:
    """Write a colour as ``#rrggbb``."""
    return "#{:02x}{:02x}{:02x}".format(*rgb)


def slice_name(slice_index: int, geometry: VolumeGeometry) -> str:
    """Name a slice for people: counted from 1 in the order of the volume."""
    return f"slice {slice_index + 1} of {geometry.size[2]}"


def _state_note(scored: ScoredScan) -> str:
    waiting = f"{scored.candidates:,} candidate lesion{'' if scored.candidates == 1 else 's'}"
    if scored.review.signed_off is None:
        return f"No labels, so no score: {waiting} in {scored.review.slices} slices to look at"
    if scored.scores is None:
        return f"Nothing coronary is labelled yet, so no score: {waiting} to look at"
    if not scored.review.complete:
        return "Preliminary: the scores count only what is labelled so far"
    return ""


def _risk(scored: ScoredScan) -> RiskLine:
    scheme, category, scores = risk_scheme(scored.protocol.risk_scheme), scored.risk_category, scored.scores
    return RiskLine(
        tuple(_with_signs(each) for each in scheme.categories),
        None if category is None else _with_signs(category),
        None if scores is None else scheme.index(scores.total.agatston),
    )


def _with_signs(category: str) -> str:
    return category.replace(">=", "≥")


def _score_rows(scored: ScoredScan) -> tuple[ScoreRow, ...]:
    scores, lm_apart = scored.scores, scored.protocol.keep_lm_apart
    largest = max((each.agatston for each in scores.arteries.values()), default=0.0) if scores else 0.0
    rows = []
    for label in label_scheme(with_lm=lm_apart).arteries:
        of_artery = scores.arteries[label.name] if scores else None
        share = of_artery.agatston / largest if of_artery and largest > 0 else 0.0
        title = label.title + (", with left main" if label.name == "LAD" and not lm_apart else "")
        rows.append(ScoreRow(label.name, title, css_colour(label.colour), share, _cells(of_artery)))
    total = scores.total if scores else None
    return (*rows, ScoreRow("Total", "", None, 0.0, _cells(total)))


def _cells(scores: ArteryScores | None) -> tuple[str, ...]:
    if scores is None:
        return (NOT_KNOWN,) * len(COLUMNS)
    return (
        _score(scores.agatston),
        _score(scores.volume_mm3),
        NOT_KNOWN if scores.mass_mg is None else f"{scores.mass_mg:,.2f}",
        NOT_KNOWN if scores.density is None else f"{scores.density:.2f}",
        str(scores.lesions),
    )


def _score(value: float) -> str:
    """One decimal; a plain 0 where there is nothing, which is not the same as a little."""
    return f"{value:,.1f}" if value else "0"


def _lesion_rows(scored: ScoredScan) -> tuple[LesionRow, ...]:
    rows = []
    for lesion in scored.scores.lesions if scored.scores else ():
        first, last = (index + 1 for index in lesion.slices)
        cells = (
            str(lesion.id),
            lesion.artery,
            str(first) if first == last else f"{first}\N{EN DASH}{last}",
            f"{lesion.agatston:,.1f}",
            f"{lesion.volume_mm3:,.1f}",
            NOT_KNOWN if lesion.mass_mg is None else f"{lesion.mass_mg:,.2f}",
            f"{lesion.peak_hu:.0f}",
            ", ".join(f"{part:.1f}" for part in lesion.centroid_ras_mm).replace("-", "\N{MINUS SIGN}"),
        )
        rows.append(LesionRow(cells, lesion.artery, css_colour(label_scheme()[lesion.artery].colour)))
    return tuple(rows)
