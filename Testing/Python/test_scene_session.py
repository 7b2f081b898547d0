"""A session shown in a real MRML scene, whatever the geometry of its volume."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from CACAnnotationLib.scene.placement import ScanPlacement
from CACAnnotationLib.scene.shared_map import SharedLabelMap
from CACAnnotationLib.scene.shown_candidates import ShownCandidates
from CACAnnotationLib.scene.shown_labels import ShownLabels
from CACAnnotationLib.session.session import AnnotationSession
from CACScoringLib.geometry import VolumeGeometry
from CACScoringLib.labels.segmentation_file import MapKind
from CACScoringLib.scans.ct_scan import CTScan
from CACScoringLib.scene.matrices import to_world
from CACScoringLib.scene.segmentations import labels_of_segmentation
from CACScoringLib.scene.volumes import scan_of_volume_node
from numpy.typing import NDArray
from scene_nodes import AXIAL, GRIDS, Scene, moved_by, slicer, vtk
from session_samples import LONG, SMALL, ijk, open_session, small_scan


class Shown:
    """A session with its nodes."""

    def __init__(self, folder: Path, ijk_to_ras: NDArray = AXIAL, transform: NDArray | None = None) -> None:
        self.mrml = Scene()
        self.volume = self.mrml.volume(small_scan().values, ijk_to_ras)
        if transform is not None:
            self.volume.SetAndObserveTransformNodeID(self.mrml.transform(transform).GetID())
        scan = scan_of_volume_node(self.volume)
        self.session: AnnotationSession = open_session(folder, scan)
        self.placement = ScanPlacement(scan, self.volume, to_world(self.volume, "volume"))
        self.node = self.mrml.add("Segmentation")
        self.labels = ShownLabels(self.session, "cac", self.map_in(self.node, "cac"))

    def map_in(self, node, kind: MapKind) -> SharedLabelMap:
        self.placement.follow(node)
        return SharedLabelMap(node, kind, self.placement, self.mrml.segmentations)

    @property
    def geometry(self) -> VolumeGeometry:
        return self.session.desk.scan.geometry

    def same(self) -> bool:
        shown = labels_of_segmentation(self.node, self.placement.geometry)
        return np.array_equal(shown, self.session.desk.layers["cac"])


@GRIDS
@pytest.mark.parametrize("transform", [None, moved_by(15, -40, 7, degrees=20)])
def test_every_action_is_seen_in_the_scene(
    tmp_path: Path, ijk_to_ras: NDArray, transform: NDArray | None
) -> None:
    shown = Shown(tmp_path, ijk_to_ras, transform)
    calcium = shown.session.calcium
    place = np.argwhere(shown.session.desk.scan.hu == 300)[0]
    for action in (
        lambda: calcium.click(ijk(tuple(place)), "LAD"),
        lambda: calcium.rest_is_other(),
        lambda: calcium.click(ijk(tuple(place)), "RCA"),
        shown.session.undo,
        shown.session.undo,
        shown.session.redo,
    ):
        action()
        assert shown.same()
    assert labels_of_segmentation(shown.node, shown.geometry).any()


def test_labels_follow_a_volume_that_is_moved_later(tmp_path: Path) -> None:
    shown = Shown(tmp_path)
    shown.session.calcium.click(ijk(LONG[0]), "LAD")
    shown.volume.SetAndObserveTransformNodeID(shown.mrml.transform(moved_by(3, 4, 5, degrees=30)).GetID())
    assert shown.same()
    place = shown.placement.world_of(ijk(SMALL[0]))
    shown.session.calcium.click(shown.placement.ijk_of(place), "RCA")
    assert shown.same()
    shown.node.GetSegmentation().RemoveSegment("RCA")
    shown.session.calcium.click(ijk(SMALL[0]), "LCX")
    assert shown.same()
    assert labels_of_segmentation(shown.node, shown.placement.geometry)[SMALL[0]] == 3
    shown.volume.SetAndObserveTransformNodeID(None)
    assert shown.same()


def test_labels_of_an_earlier_session_are_there_at_once(tmp_path: Path) -> None:
    Shown(tmp_path).session.calcium.click(ijk(LONG[0]), "LCX")
    again = Shown(tmp_path)
    assert again.same()
    assert labels_of_segmentation(again.node, again.geometry)[LONG[0]] == 3


def test_a_click_touches_the_shared_map_and_makes_no_other(tmp_path: Path) -> None:
    shown = Shown(tmp_path)
    segmentation = shown.node.GetSegmentation()
    image = segmentation.GetSegment("LAD").GetRepresentation("Binary labelmap")
    before = image.GetMTime()

    shown.session.calcium.click(ijk(LONG[0]), "LAD")

    assert segmentation.GetSegment("LAD").GetRepresentation("Binary labelmap") is image
    assert segmentation.GetNumberOfLayers("Binary labelmap") == 1
    assert image.GetMTime() > before


def test_what_somebody_else_did_to_the_segmentation_is_put_right(tmp_path: Path) -> None:
    shown = Shown(tmp_path)
    shown.session.calcium.click(ijk(LONG[0]), "LAD")
    segmentation = shown.node.GetSegmentation()
    shown.mrml.segmentations.ClearSegment(shown.node, "LAD")
    segmentation.RemoveSegment("RCA")

    shown.session.calcium.click(ijk(SMALL[0]), "LCX")

    assert shown.same()
    assert segmentation.GetSegment("RCA").GetName() == "RCA"


def test_segments_without_voxels_are_hidden_and_what_a_reader_hides_stays_so(tmp_path: Path) -> None:
    shown = Shown(tmp_path)
    display = shown.node.GetDisplayNode()

    def visible() -> set[str]:
        names = ("OTHER", "LAD", "LCX", "RCA", "LM")
        return {name for name in names if display.GetSegmentVisibility(name)}

    assert visible() == set()
    shown.session.calcium.click(ijk(LONG[0]), "LAD")
    assert visible() == {"LAD"}
    shown.session.calcium.click(ijk(SMALL[0]), "LCX")
    shown.session.calcium.click(ijk(LONG[0]), "RCA")
    assert visible() == {"LCX", "RCA"}
    display.SetSegmentVisibility("RCA", False)
    shown.session.undo()
    assert visible() == {"LAD", "LCX"}
    shown.session.redo()
    assert visible() == {"LCX"}
    shown.labels.shared.write_all(shown.session.desk.layers["cac"])
    assert visible() == {"LCX"}
    display.SetSegmentVisibility("RCA", True)
    shown.session.calcium.click(ijk(SMALL[0]), "RCA")
    assert visible() == {"RCA"}


def test_after_stop_the_session_is_followed_no_longer(tmp_path: Path) -> None:
    shown = Shown(tmp_path)
    shown.labels.stop()
    shown.labels.stop()
    shown.session.calcium.click(ijk(LONG[0]), "LAD")
    assert not labels_of_segmentation(shown.node, shown.geometry).any()


def test_surfaces_follow_when_they_are_asked_to(tmp_path: Path) -> None:
    shown = Shown(tmp_path)
    assert not shown.labels.shared.update_surface()
    shown.session.calcium.click(ijk(LONG[0]), "LAD")
    shown.node.CreateClosedSurfaceRepresentation()
    points = [_surface_points(shown.node, name) for name in ("LAD", "LCX")]
    shown.session.calcium.click(ijk(SMALL[0]), "LCX")
    assert shown.labels.shared.update_surface()
    assert not shown.labels.shared.update_surface()
    assert points[0] == _surface_points(shown.node, "LAD") > 0
    assert points[1] == 0 < _surface_points(shown.node, "LCX")


def test_regions_have_coded_terms_of_their_own(tmp_path: Path) -> None:
    shown = Shown(tmp_path)
    regions = shown.mrml.add("Segmentation")
    ShownLabels(shown.session, "car", shown.map_in(regions, "car"))
    shown.session.regions.scribble(2, [(8, 8), (12, 8)], 1.0, "LAD")
    found = labels_of_segmentation(regions, shown.geometry)
    np.testing.assert_array_equal(found, shown.session.desk.layers["car"])
    tag = slicer.vtkSegment.GetTerminologyEntryTagName()
    terms = [_tag(node, tag) for node in (shown.node, regions)]
    assert terms[0] != terms[1]
    assert "Pathologic calcification" in terms[0]


def test_candidates_without_a_label_are_shown_small_ones_hidden_on_request(tmp_path: Path) -> None:
    shown = Shown(tmp_path)
    node, colours = shown.mrml.add("LabelMapVolume"), shown.mrml.add("ColorTable")
    candidates = ShownCandidates(shown.session, node, colours, shown.placement)

    def seen() -> NDArray:
        image = node.GetImageData()
        scalars = vtk.util.numpy_support.vtk_to_numpy(image.GetPointData().GetScalars())
        return scalars.reshape(image.GetDimensions()[::-1])

    np.testing.assert_array_equal(seen(), shown.session.desk.candidates.mask())
    candidates.smallest_mm3 = 4 * shown.geometry.voxel_volume_mm3
    hu = shown.session.desk.scan.hu
    np.testing.assert_array_equal(seen(), (hu == 300) | (hu == 700))
    shown.session.calcium.click(ijk(LONG[0]), "LAD")
    np.testing.assert_array_equal(seen(), hu == 700)
    shown.session.undo()
    np.testing.assert_array_equal(seen(), (hu == 300) | (hu == 700))
    protocol = shown.session.desk.protocol
    shown.session.desk.protocol = dataclasses.replace(protocol, threshold_hu=400.0)
    np.testing.assert_array_equal(seen(), hu == 700)
    candidates.stop()
    shown.session.desk.protocol = protocol
    np.testing.assert_array_equal(seen(), hu == 700)
    ras = vtk.vtkMatrix4x4()
    node.GetIJKToRASMatrix(ras)
    np.testing.assert_allclose(slicer.util.arrayFromVTKMatrix(ras), shown.geometry.ijk_to_ras)
    assert isinstance(shown.session.desk.scan, CTScan)


def _surface_points(node, name: str) -> int:
    surface = node.GetSegmentation().GetSegment(name).GetRepresentation("Closed surface")
    return surface.GetNumberOfPoints() if surface else 0


def _tag(node, name: str) -> str:
    value = vtk.reference("")
    node.GetSegmentation().GetSegment("LAD").GetTag(name, value)
    return str(value)
