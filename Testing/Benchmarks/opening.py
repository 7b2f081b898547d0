"""Opening a DICOM series: the scan alone, and by a workplace until its first picture is drawn."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from CACAnnotationLib.controls.workplace import SlicerParts, Workplace
from CACAnnotationLib.project.adding import AddingOptions, add_images
from CACAnnotationLib.project.project import Project
from CACAnnotationLib.proposing.local_process import LocalModelProcess
from CACScoringLib.geometry import VolumeGeometry
from CACScoringLib.phantom.dicom_export import write_ct_series
from CACScoringLib.phantom.phantom import PhantomOptions, make_phantom
from CACScoringLib.scans.ct_scan import Acquisition
from CACScoringLib.scans.reader import read_scan
from CACScoringLib.scoring.protocol import ScoringProtocol
from off_screen import SliceDesk
from rendering import LAYOUTS
from timing import Row, medians

BUDGET_S = 1.5
_GEOMETRY = VolumeGeometry((512, 512, 60), (0.4, 0.4, 2.5))


def opening_rows() -> Iterator[Row]:
    """Time :func:`read_scan`, and a workplace with four views, on a phantom of 60 slices of 512 x 512."""
    with tempfile.TemporaryDirectory() as folder:
        series = Path(folder) / "series"
        hu = make_phantom(1, PhantomOptions(calcium=True)).hu
        # Its 40 slices, and the first 20 of them again.
        hu = np.resize(hu, _GEOMETRY.shape)
        write_ct_series(
            series, hu, _GEOMETRY, Acquisition(), patient_name="BENCHMARK", patient_id="BENCHMARK"
        )
        with _opening(series, Path(folder) / "project") as (open_and_draw, forget):
            functions = (lambda: read_scan(series), open_and_draw, lambda: _series_reader(series), forget)
            read_s, drawn_s, plain_s, _ = medians(*functions)
    for what, measured_s in (
        ("opening a DICOM series", read_s),
        ("opening a scan, to first picture", drawn_s),
    ):
        yield Row(what, "phantom, 512 x 512 x 60", BUDGET_S, measured_s, "SimpleITK alone", plain_s)


@contextmanager
def _opening(series: Path, folder: Path) -> Iterator[tuple[Callable[[], None], Callable[[], None]]]:
    """Two functions: one opens a series in a workplace and draws four views of it, one takes it away."""
    project = Project.create(folder)
    list(add_images(project, [series], AddingOptions()))
    desk = SliceDesk(**LAYOUTS["four views"])
    runner = LocalModelProcess(ScoringProtocol())
    parts = SlicerParts(desk.scene, desk.core.app_logic, desk.segmentations, desk.colours)
    place = Workplace(parts, runner, lambda what: what(), print, lambda: None)
    place.choose_project(project)

    def open_and_draw() -> None:
        place.open_entry(project.scans[0], "Anna")
        desk.render()

    def forget() -> None:
        opened = place.open_scan
        place.close()
        if opened is not None:
            desk.scene.RemoveNode(opened.volume_node)
        desk.render()

    yield open_and_draw, forget
    place.choose_project(None)
    runner.close()
    desk.close()


def _series_reader(folder: Path) -> sitk.Image:
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder)))
    return reader.Execute()
