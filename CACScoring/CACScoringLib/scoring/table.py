"""Scores as one row of a table."""

from __future__ import annotations

from typing import Any

ARTERIES = ("LM", "LAD", "LCX", "RCA")
MEASURES = ("agatston", "volume_mm3", "mass_mg", "density", "lesions")
COLUMNS = (
    "scan",
    "patient_key",
    "series_uid",
    "protocol",
    "threshold_hu",
    "review",
    "slices",
    "signed_off",
    "candidates",
    *(f"total_{measure}" for measure in MEASURES),
    "vessels",
    "risk_scheme",
    "risk_category",
    "arterial_age_years",
    *(f"{artery}_{measure}" for artery in ARTERIES for measure in MEASURES),
    "warnings",
    "error",
)
"""Columns of the table of a folder of scans; empty where nothing is known."""


def table_row(name: str, scored: dict[str, Any]) -> dict[str, Any]:
    """Flatten the JSON form of a scored scan, or of an error, into the cells of :data:`COLUMNS`."""
    if "error" in scored:
        return {"scan": name, "error": scored["error"]}
    total, risk, review = scored["total"], scored["risk"], scored["review"]
    return {
        "scan": name,
        "patient_key": scored["scan"]["patient_key"],
        "series_uid": scored["scan"]["series_uid"],
        "protocol": scored["protocol"]["name"],
        "threshold_hu": scored["protocol"]["threshold_hu"],
        "review": review["state"],
        "slices": review["slices"],
        "signed_off": review["signed_off"],
        "candidates": scored["scan"]["candidates"],
        **{f"total_{measure}": total[measure] for measure in MEASURES},
        "vessels": total["vessels"],
        "risk_scheme": risk["scheme"],
        "risk_category": risk["category"],
        "arterial_age_years": risk["arterial_age_years"],
        **{
            f"{artery}_{measure}": scores[measure]
            for artery, scores in scored["arteries"].items()
            for measure in MEASURES
        },
        "warnings": " ".join(warning["code"] for warning in scored["warnings"]),
    }
