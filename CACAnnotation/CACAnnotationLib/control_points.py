"""Control points that name lesions: Slicer markups JSON, or CSV of voxel indices."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from CACScoringLib.errors import CACError
from CACScoringLib.geometry import VolumeGeometry
from CACScoringLib.scans.ct_scan import CTScan
from CACScoringLib.schemes import label_scheme
from numpy.typing import NDArray

CSV_COLUMNS = ("i", "j", "k", "label")


@dataclass(frozen=True)
class ControlPoint:
    """One point of a reader.

    Parameters
    ----------
    name
        What messages call it.
    label
        Label name, for example ``"LAD"``.
    ijk
        Column, row and slice, fractional.
    """

    name: str
    label: str
    ijk: tuple[float, float, float]


def read_control_points(path: Path, scan: CTScan) -> list[ControlPoint]:
    """Read control points and place them in a scan.

    Parameters
    ----------
    path
        Slicer markups (``.mrk.json``, control-point label = artery, coordinates RAS or LPS as declared), or
        CSV with the columns ``i,j,k,label``: zero-based column, row and slice as SimpleITK indexes the file.
    scan
        The scan.

    Raises
    ------
    CACError
        If the file cannot be read, a coordinate is no number, or a label is no artery of the scheme.
    """
    if not path.is_file():
        raise CACError(f"there is no file {path}")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (UnicodeDecodeError, OSError) as error:
        raise CACError(f"{path} cannot be read as text") from error
    if path.suffix.lower() == ".json":
        return _of_markups(path, text, scan.geometry)
    return _of_csv(path, text, scan.file_axes)


def _of_markups(path: Path, text: str, geometry: VolumeGeometry) -> list[ControlPoint]:
    try:
        markups = json.loads(text)["markups"]
        nodes = [(node, list(node.get("controlPoints") or ())) for node in markups]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise CACError(f"{path} is not a Slicer markups file") from error
    points = []
    for node, control_points in nodes:
        to_ijk = _placing(path, node, geometry)
        for number, point in enumerate(control_points, start=1):
            name = f"point {number} of {path.name}"
            if not isinstance(point, dict):
                raise CACError(f"{name} is not a control point")
            if point.get("positionStatus", "defined") != "defined":
                continue
            position = _three_numbers(point.get("position"), name)
            points.append(_point(name, str(point.get("label", "")), to_ijk(position)))
    return points


def _placing(
    path: Path, node: dict[str, Any], geometry: VolumeGeometry
) -> Callable[[NDArray], NDArray[np.float64]]:
    """Return the function that turns a node's coordinates into indices of the volume."""
    system = str(node.get("coordinateSystem", "LPS"))
    # Files written before Slicer 4.13 give a number: 0 for RAS, 1 for LPS.
    converters = {
        "RAS": geometry.ijk_of_ras,
        "LPS": geometry.ijk_of_lps,
        "0": geometry.ijk_of_ras,
        "1": geometry.ijk_of_lps,
    }
    if system not in converters:
        raise CACError(f"{path} declares coordinates in '{system}'; RAS and LPS are known")
    units = node.get("coordinateUnits", "mm")
    if units not in ("mm", ["mm", "UCUM", "millimeter"]):
        raise CACError(f"{path} declares coordinates in units of '{units}'; mm is known")
    return converters[system]


def _of_csv(path: Path, text: str, file_axes: tuple[int, int, int]) -> list[ControlPoint]:
    rows = csv.DictReader(text.splitlines(), skipinitialspace=True)
    try:
        columns = [(name or "").strip().lower() for name in rows.fieldnames or ()]
        rows.fieldnames = columns
        lines = [(rows.line_num, row) for row in rows]
    except csv.Error as error:
        raise CACError(f"{path} is not comma-separated text; columns i,j,k,label are needed") from error
    missing = [name for name in CSV_COLUMNS if name not in columns]
    if missing:
        raise CACError(f"{path} has no column {', '.join(missing)}; columns i,j,k,label are needed")
    points = []
    for line, row in lines:
        name = f"line {line} of {path.name}"
        ijk = _three_numbers([row["i"], row["j"], row["k"]], name)
        points.append(_point(name, row["label"] or "", ijk[list(file_axes)]))
    return points


def _three_numbers(values: Any, name: str) -> NDArray[np.float64]:
    try:
        numbers = np.array([float(value) for value in values] if not isinstance(values, str) else [])
    except (TypeError, ValueError, OverflowError):
        numbers = np.empty(0)
    if numbers.size != 3 or not np.isfinite(numbers).all():
        raise CACError(f"{name} has no three coordinates")
    return numbers


def _point(name: str, label: str, ijk: NDArray[np.float64]) -> ControlPoint:
    try:
        known = label_scheme()[label].name
    except CACError as error:
        raise CACError(f"{name}: {error}") from None
    return ControlPoint(name, known, (float(ijk[0]), float(ijk[1]), float(ijk[2])))
