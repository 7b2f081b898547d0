"""The stand-in for Slicer's desktop: the two modules come up in it and are driven by mouse and keyboard."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from SlicerStandIn import StandIn

IJK_TO_RAS = np.diag([-2.0, -2.0, 3.0, 1.0])
ON_LESION = (-44.0, -44.0, 27.0)


@pytest.fixture
def ct(stand_in: StandIn) -> Any:
    """CT with two lesions, shown in every view."""
    import slicer

    hu = np.full((20, 60, 60), -50, np.int16)
    hu[:, 10:50, 10:50] = 40
    hu[8:11, 20:26, 20:26] = 450
    hu[9:12, 36:40, 30:36] = 300
    volume = slicer.util.addVolumeFromArray(hu, ijkToRAS=IJK_TO_RAS, name="CT")
    slicer.util.setSliceViewerLayers(background=volume, fit=True)
    slicer.app.layoutManager().sliceWidget("Red").sliceLogic().SetSliceOffset(ON_LESION[2])
    return volume


@pytest.fixture
def labels(stand_in: StandIn, ct: Any) -> Any:
    """Segmentation that CAC Annotation made of a point."""
    import slicer

    points = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLMarkupsFiducialNode", "points")
    points.AddControlPoint(ON_LESION, "LAD")
    return points


def test_modules_are_driven_by_mouse(stand_in: StandIn, ct: Any, tmp_path: Path) -> None:
    stand_in.open_module("CACScoring")
    stand_in.hands.choose(stand_in.find("volumeSelector"), "CT")
    picture = stand_in.screenshot(tmp_path / "scoring.png")
    assert picture.stat().st_size > 10_000
