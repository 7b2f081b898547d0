"""The step *Scores*: arteries, risk, what the model leaves open, and the lesions to jump to and correct."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from CACScoringLib.errors import CACError
from CACScoringLib.scene.score_table import uncertainty_text
from CACScoringLib.schemes import label_scheme
from CACScoringLib.scoring.risk import arterial_age_years, risk_category
from CACScoringLib.scoring.scores import ArteryScores, LesionScore, lesion_voxels

from ...controls.open_scan import OpenScan
from ...controls.words import _
from ...session.session import label_keys
from ..asked import whole_in
from ..colours import shown_colour
from .section import Section

_UNKNOWN = "\N{EN DASH}"


class ScoreSection(Section):
    """Shows scores with their state, and the lesions that they come from."""

    def actions(self) -> Mapping[str, Callable[..., object]]:
        """Jump to a lesion, give it another label."""
        return {"lesion": self.with_scan(self._jump), "relabel": self.with_scan(self._relabel)}

    def refresh(self) -> None:
        """Show the section as things are now."""
        scan = self._context.scan
        self._context.show("scores", None if scan is None else self._scores_of(scan))

    def _scores_of(self, scan: OpenScan) -> dict[str, Any]:
        session, protocol = scan.session, scan.session.desk.protocol
        scores, review = session.scores, session.review
        known = bool(scores.lesions) or review.complete
        passes = scan.model.score_distribution
        intervals = {} if passes is None else {**passes["arteries"], "Total": passes["total"]}
        names = [label.name for label in label_scheme(with_lm=protocol.keep_lm_apart).arteries]
        rows = [
            self._row(name, scores.arteries[name], review.complete, intervals.get(name)) for name in names
        ]
        total = scores.total
        rows.append(self._row("Total", total, review.complete, intervals.get("Total")))
        risk = risk_category(total.agatston, protocol.risk_scheme, scores.vessels) if known else None
        return {
            "state": str(review),
            "complete": review.complete,
            "protocol": protocol.name,
            "measured": protocol.mass_factor is not None,
            "risk": risk
            and _("Risk category {risk} ({scheme})").format(risk=risk, scheme=protocol.risk_scheme),
            "age": f"{arterial_age_years(total.agatston):.0f}" if known else None,
            "uncertainty": ""
            if passes is None
            else _sentence(uncertainty_text(passes, protocol.risk_scheme)),
            "rows": rows,
            "lesions": [
                self._lesion(each) for each in sorted(scores.lesions, key=lambda each: -each.agatston)
            ],
            "labels": list(label_keys(session.desk.scheme).values()),
        }

    def _row(
        self, name: str, scores: ArteryScores, zero_counts: bool, passes: dict[str, Any] | None
    ) -> dict[str, Any]:
        unknown = not scores.lesions and not zero_counts
        figures = (
            f"{scores.agatston:,.1f}",
            f"{scores.volume_mm3:,.0f}",
            *([] if scores.mass_mg is None else [f"{scores.mass_mg:,.2f}"]),
            _UNKNOWN if scores.density is None else f"{scores.density:.2f}",
            str(scores.lesions),
        )
        return {
            "artery": name,
            "colour": None if name == "Total" else self._colour_of(name),
            "figures": [_UNKNOWN] * len(figures) if unknown else figures,
            "unknown": unknown,
            "passes": None
            if passes is None
            else _UNKNOWN.join(f"{bound:,.0f}" for bound in passes["interval"]),
        }

    def _lesion(self, lesion: LesionScore) -> dict[str, Any]:
        first, last = lesion.slices
        return {
            "id": lesion.id,
            "artery": lesion.artery,
            "colour": self._colour_of(lesion.artery),
            "agatston": f"{lesion.agatston:,.1f}",
            "volume": f"{lesion.volume_mm3:,.0f}",
            "peak": f"{lesion.peak_hu:.0f}",
            "slices": str(first + 1) if first == last else f"{first + 1}{_UNKNOWN}{last + 1}",
        }

    def _colour_of(self, artery: str) -> str:
        return "rgb({},{},{})".format(
            *shown_colour(label_scheme()[artery], self._context.shown("colour_blind"))
        )

    def _jump(self, scan: OpenScan, lesion: object) -> None:
        ijk = scan.session.desk.scan.geometry.ijk_of_ras(_lesion_of(scan, lesion).centroid_ras_mm)
        scan.go_to(tuple(float(each) for each in ijk))  # type: ignore[arg-type]

    def _relabel(self, scan: OpenScan, lesion: object, label: object) -> None:
        desk, found = scan.session.desk, _lesion_of(scan, lesion)
        if label not in desk.scheme.names:
            raise CACError(_("choose a label of the list"))
        voxels = lesion_voxels(desk.scan, desk.counted, desk.protocol, found.id)
        scan.session.calcium.relabel(voxels, str(label))


def _lesion_of(scan: OpenScan, asked: object) -> LesionScore:
    """Find a lesion of the page's list, which may be older than the labels."""
    number = whole_in(asked, 0, 10**9)
    for lesion in scan.session.scores.lesions:
        if lesion.id == number:
            return lesion
    raise CACError(_("this lesion has changed; choose it once more"))


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
