"""The results as plain JSON values."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from ..schemes import label_scheme
from ..scoring.scored_scan import ScoredScan
from ..scoring.scores import ArteryScores, ScanScores
from .bland_altman import BlandAltman, Limit
from .bootstrap import CONFIDENCE, BootstrapPlan, Estimate, Interval
from .label_agreement import LESION_RULE, UNIT_RULE, BinaryAgreement, LabelAgreement
from .paired_table import PairedTable
from .reading_agreement import MeasureAgreement, TableAgreement

Document = dict[str, Any]


def label_document(agreement: LabelAgreement, plan: BootstrapPlan) -> Document:
    """Overlap metrics of two label maps."""
    voxels = agreement.voxels
    return {
        "bootstrap": _plan(plan) | {"units": agreement.lesions_resampled, "rule": UNIT_RULE},
        "micro_f1": _estimate(agreement.micro_f1),
        "artery_f1": {name: _estimate(each) for name, each in agreement.artery_f1.items()},
        "by_voxel": _binary(agreement.by_voxel),
        "by_lesion": {"rule": LESION_RULE} | _binary(agreement.by_lesion),
        "confusion": {"rows": "reference", "labels": voxels.names, "voxels": agreement.confusion.tolist()},
        "left_out_voxels": {
            "reference": dataclasses.asdict(voxels.reference_left_out),
            "test": dataclasses.asdict(voxels.test_left_out),
        },
    }


def scores_document(reference: ScoredScan, test: ScoredScan) -> Document:
    """Review state, scores by artery and in total, and risk of both readings; null where not reviewed."""

    def both(scores_of: Callable[[ScanScores], ArteryScores]) -> Document:
        return {
            side: None if scored.scores is None else dataclasses.asdict(scores_of(scored.scores))
            for side, scored in sides.items()
        }

    def artery_scores(name: str) -> Callable[[ScanScores], ArteryScores]:
        return lambda scores: scores.arteries[name]

    sides = {"reference": reference, "test": test}
    return {
        "protocol": dataclasses.asdict(reference.protocol),
        "review": {
            side: dataclasses.asdict(scored.review) | {"state": str(scored.review)}
            for side, scored in sides.items()
        },
        "arteries": {
            label.name: both(artery_scores(label.name))
            for label in label_scheme(with_lm=reference.protocol.keep_lm_apart).arteries
        },
        "total": both(lambda scores: scores.total),
        "risk": {"scheme": reference.protocol.risk_scheme}
        | {side: scored.risk_category for side, scored in sides.items()},
    }


def table_document(table: PairedTable, agreement: TableAgreement, plan: BootstrapPlan) -> Document:
    """Agreement of all measures of a table."""
    risk = agreement.risk
    return {
        "rows": table.rows,
        "ignored_columns": table.ignored,
        "bootstrap": _plan(plan),
        "measures": {name: _measure(each) for name, each in agreement.measures.items()},
        "skipped": agreement.skipped,
        "risk": risk
        and {
            "scheme": risk.scheme.name,
            "categories": risk.scheme.categories,
            "rows": "reference",
            "scans": risk.confusion.tolist(),
            "same_category": risk.same_category,
            "kappa_linear": _estimate(risk.kappa),
        },
    }


def _plan(plan: BootstrapPlan) -> Document:
    return {"method": "BCa", "confidence": CONFIDENCE, **dataclasses.asdict(plan)}


def _interval(interval: Interval | None) -> list[float] | None:
    return None if interval is None else list(interval)


def _estimate(estimate: Estimate) -> Document:
    return {
        "value": estimate.value,
        "bootstrap_ci95": _interval(estimate.bootstrap),
        "note": estimate.note,
    }


def _binary(agreement: BinaryAgreement) -> Document:
    return {
        "reference": agreement.reference,
        "found": agreement.found,
        "test": agreement.test,
        "confirmed": agreement.confirmed,
        "sensitivity": _estimate(agreement.sensitivity),
        "ppv": _estimate(agreement.ppv),
        "f1": _estimate(agreement.f1),
    }


def _measure(agreement: MeasureAgreement) -> Document:
    return {
        "pairs": agreement.pairs,
        "left_out": agreement.left_out,
        "reference_mean": agreement.reference_mean,
        "test_mean": agreement.test_mean,
        "icc_a1": _estimate(agreement.icc) | {"f_ci95": _interval(agreement.icc_f_interval)},
        "bland_altman": _bland_altman(agreement.bland_altman),
    }


def _bland_altman(analysis: BlandAltman) -> Document:
    def limit(each: Limit) -> Document:
        return _estimate(each.estimate) | {"t_ci95": _interval(each.t_interval)}

    return {
        "difference": "test minus reference",
        "sd": analysis.sd,
        "bias": limit(analysis.bias),
        "lower_limit": limit(analysis.lower),
        "upper_limit": limit(analysis.upper),
    }
