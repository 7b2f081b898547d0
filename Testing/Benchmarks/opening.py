"""Opening a DICOM series beside a plain SimpleITK series reader."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from CACScoringLib.geometry import VolumeGeometry
from CACScoringLib.phantom.dicom_export import write_ct_series
from CACScoringLib.scans.ct_scan import Acquisition
from CACScoringLib.scans.reader import read_scan
from timing import Row, medians

BUDGET_S = 1.5
_GEOMETRY = VolumeGeometry((512, 512, 60), (0.4, 0.4, 2.5))


def opening_rows() -> Iterator[Row]:
    """Time :func:`read_scan` on 60 slices of 512 x 512."""
    hu = np.random.default_rng(0).normal(40, 20, _GEOMETRY.shape).astype(np.int16)
    with tempfile.TemporaryDirectory() as folder:
        write_ct_series(
            Path(folder), hu, _GEOMETRY, Acquisition(), patient_name="BENCHMARK", patient_id="BENCHMARK"
        )
        times = medians(lambda: read_scan(Path(folder)), lambda: _series_reader(folder))
    yield Row("opening a DICOM series", "512 x 512 x 60", BUDGET_S, times[0], "SimpleITK alone", times[1])


def _series_reader(folder: str) -> sitk.Image:
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(folder))
    return reader.Execute()
