"""What it takes to repeat a run, written down before it starts; and the card of the model it ends with."""

from __future__ import annotations

import importlib.metadata
import json
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from CACScoringLib.errors import CACError
from CACScoringLib.model.card import NOTICE
from CACScoringLib.whole_files import write_whole

from .calibrating import TaskCalibration
from .checkpoint import Progress
from .configuration import TrainingConfig
from .slice_cache import SliceCache
from .split import Split

RECORD_NAME = "run.json"
_MAY_CHANGE = ("epochs", "patience", "workers")
"""Keys that may differ when a run goes on: they change how long and how fast it learns, not what."""
_PACKAGES = ("coronary-calcium", "numpy", "scipy", "SimpleITK", "scikit-image", "torch", "safetensors")

_NOT_CALIBRATED = "None: it is done when a run ends, and this one has not."
_CALIBRATED = (
    "Class scores were divided by a temperature for each task, and that of OTHER shifted for calcium, both "
    "fitted on the validation slices; the weights hold it already, and the validation figures above count it "
    "in. Errors are expected calibration errors in 15 bins on the same slices. Above the first bin leaves "
    "out probabilities up to 1/15, which most candidates have."
)

Record = dict[str, Any]


def make_record(
    config: TrainingConfig, cache: SliceCache, split: Split, start_weights: str | None, ranks: int
) -> Record:
    """Describe a run.

    Parameters
    ----------
    config, cache, split
        What it learns from.
    start_weights
        SHA-256 of the weights it starts from, None for fresh ones.
    ranks
        Processes that train together.
    """
    validating = {reference.scan for reference in split.validation}
    return {
        "config": config.as_document(),
        "data": {
            "fingerprint": cache.fingerprint,
            "training": _described(cache, set(range(len(cache.scans))) - validating),
            "validation": _described(cache, validating),
            "scans_without_patient": sum(scan.patient == scan.name for scan in cache.scans),
        },
        "start_weights": start_weights,
        "processes": ranks,
        "versions": {
            "python": platform.python_version(),
            **{package: _version(package) for package in _PACKAGES},
            # Says which build it is, too: for the processor or for a CUDA release.
            "torch": torch.__version__,
        },
        "machine": platform.machine(),
        "notice": NOTICE,
    }


def check_or_write(folder: Path, record: Record) -> None:
    """Write the record of a new run, or make sure that the run begun in this folder is the same.

    Raises
    ------
    CACError
        If another configuration, other data or other first weights were used; it names what differs.
    """
    path = folder / RECORD_NAME
    if path.is_file():
        try:
            before = json.loads(path.read_text(encoding="utf-8"))
            found = _difference(before, record)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise CACError(f"{path} is damaged or no record of a run; start a new folder") from error
        if found:
            raise CACError(
                f"{folder} holds a run with {found}; start a new folder with --out, or put it back"
            )
    write_whole(path, json.dumps(record, indent=2) + "\n")


def model_card(
    record: Record, progress: Progress, calibration: Mapping[str, TaskCalibration] | None
) -> dict[str, Any]:
    """Card of the model that a run has learned so far; ``calibration`` is None before its end."""
    training, validation = record["data"]["training"], record["data"]["validation"]
    best = progress.history[progress.best_epoch - 1]
    return {
        "summary": f"Trained by 'cac train': the best of {progress.epochs} epochs on its validation slices.",
        "data": (
            f"{training['slices']} labelled slices of {training['patients']} patients or phantoms, "
            f"{training['slices_with_calcium']} with coronary calcium; validated on {validation['slices']} "
            f"slices of {validation['patients']} others. Not tested on any further data."
        ),
        "validation": {
            name.removeprefix("validation_"): value if value == value else None
            for name, value in best.items()
            if name.startswith("validation_")
        }
        | {"epoch": progress.best_epoch},
        "calibration": _NOT_CALIBRATED
        if calibration is None
        else {"note": _CALIBRATED} | {task: found.as_document() for task, found in calibration.items()},
        "training": record["config"] | {"start_weights": record["start_weights"]},
        "data_fingerprint": record["data"]["fingerprint"],
        "versions": record["versions"],
    }


def _described(cache: SliceCache, scans: set[int]) -> Record:
    chosen = [cache.scans[scan] for scan in sorted(scans)]
    return {
        "patients": len({scan.patient for scan in chosen}),
        "scans": [scan.fingerprint for scan in chosen],
        "slices": sum(len(scan.slice_indices) for scan in chosen),
        "slices_with_calcium": sum(sum(scan.with_calcium) for scan in chosen),
    }


def _difference(before: Record, now: Record) -> str:
    """First thing that makes two runs differ, empty if nothing does."""
    old, new = _flat(before["config"]), _flat(now["config"])
    for key in sorted(old.keys() | new.keys()):
        if key not in _MAY_CHANGE and old.get(key) != new.get(key):
            return f"{key} = {old.get(key)} instead of {new.get(key)}"
    if before["data"]["fingerprint"] != now["data"]["fingerprint"]:
        return "other data"
    if set(before["data"]["validation"]["scans"]) != set(now["data"]["validation"]["scans"]):
        return "another split of its patients"
    if before["start_weights"] != now["start_weights"]:
        return "other weights to start from"
    if before["processes"] != now["processes"]:
        return f"{before['processes']} processes instead of {now['processes']}"
    return ""


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:  # inside 3D Slicer the libraries are no package
        return "unknown"


def _flat(document: Record, prefix: str = "") -> Record:
    flat: Record = {}
    for key, value in document.items():
        flat |= _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key: value}
    return flat
