"""The folder of one synthetic scan: CT, label maps, control points and truth."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk

from ..errors import CACError, os_reason
from ..geometry import LPS_TO_RAS, transform_points
from ..labels.label_map import write_label_map
from ..scans.ct_scan import Acquisition
from .dicom_export import write_ct_series
from .image_format import ImageFormat
from .phantom import LesionPoint, Phantom

CAC_NAME, CAR_NAME, POINTS_NAME, TRUTH_NAME = "cac.nrrd", "car.nrrd", "points.mrk.json", "truth.json"

_MARKUPS_SCHEMA = (
    "https://raw.githubusercontent.com/slicer/slicer/master/Modules/Loadable/Markups/Resources/Schema/"
    "markups-schema-v1.0.3.json#"
)
_SIGNIFICANT_DIGITS = 6


def write_scan(
    folder: Path, phantom: Phantom, image_format: ImageFormat, *, patient_name: str, patient_id: str
) -> None:
    """Write one scan; the folder appears under its name only when everything in it is written.

    Parameters
    ----------
    folder
        The scan's folder, which must not exist.
    phantom
        The scan and its truth.
    image_format
        Of the CT; label maps are always NRRD.
    patient_name, patient_id
        Made-up name and identifier in the DICOM files.

    Raises
    ------
    CACError
        If the folder cannot be written or the disk is full; nothing half-written is left behind.
    """
    partial = folder.with_name(f".{folder.name}.partial")
    try:
        partial.mkdir(parents=True)
        _write_ct(partial / image_format.ct_name, phantom, image_format, patient_name, patient_id)
        write_label_map(partial / CAC_NAME, phantom.cac, phantom.geometry, "cac")
        write_label_map(partial / CAR_NAME, phantom.car, phantom.geometry, "car")
        # Text comes last: Python reports a full disk, which the image writers can miss at a file's end.
        _write_text(partial / POINTS_NAME, json_text(markups_document(phantom.points)))
        _write_text(partial / TRUTH_NAME, json_text(rounded(phantom.truth)))
        partial.rename(folder)
    except OSError as error:
        raise CACError(f"cannot write the scan {folder}: {os_reason(error)}") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _write_ct(
    path: Path, phantom: Phantom, image_format: ImageFormat, patient_name: str, patient_id: str
) -> None:
    if image_format is ImageFormat.nrrd:
        try:
            sitk.WriteImage(phantom.geometry.to_image(phantom.hu), str(path), useCompression=True)
        except RuntimeError as error:
            raise CACError(f"cannot write {path}: check the folder and the disk") from error
        return
    acquisition = Acquisition(
        kvp=phantom.kvp,
        slice_thickness_mm=phantom.slice_thickness_mm,
        kernel=phantom.kernel,
        ecg_gated=True,
    )
    write_ct_series(
        path, phantom.hu, phantom.geometry, acquisition, patient_name=patient_name, patient_id=patient_id
    )


def markups_document(points: Sequence[LesionPoint]) -> dict[str, Any]:
    """Return points as the document of a Slicer ``.mrk.json`` file: one list of fiducials, LPS mm.

    The label of a control point is the name of its artery.
    """
    controls = [
        {
            "id": str(number),
            "label": point.artery,
            "position": [round(float(mm), 4) for mm in transform_points(LPS_TO_RAS, point.ras_mm)],
        }
        for number, point in enumerate(points, start=1)
    ]
    markup = {
        "type": "Fiducial",
        "coordinateSystem": "LPS",
        "coordinateUnits": "mm",
        "controlPoints": controls,
    }
    return {"@schema": _MARKUPS_SCHEMA, "markups": [markup]}


def rounded(value: Any) -> Any:
    """Return a JSON-able value with floats at six significant digits, NumPy values as plain ones."""
    if isinstance(value, dict):
        return {str(key): rounded(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(each) for each in value]
    if isinstance(value, np.ndarray | np.generic):
        return rounded(value.tolist())
    if isinstance(value, float):
        return float(f"{value:.{_SIGNIFICANT_DIGITS}g}")
    return value


def json_text(document: Any) -> str:
    """Write a document as indented JSON, each list of plain numbers on one line."""
    text = json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)
    return re.sub(r"\[\n([-\d.,eE\s]+)\]", lambda found: f"[{' '.join(found[1].split())}]", text) + "\n"


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
