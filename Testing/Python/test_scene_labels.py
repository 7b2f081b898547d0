"""Label maps as segmentations and back, through nodes of real Slicer core."""

from __future__ import annotations

import time

import numpy as np
import pytest
from CACScoringLib.errors import CACError
from CACScoringLib.geometry import VolumeGeometry
from CACScoringLib.labels.label_map import read_label_map
from CACScoringLib.scene.segmentations import labels_of_segmentation, show_labels
from CACScoringLib.scene.volumes import scan_of_volume_node
from CACScoringLib.schemes import label_scheme
from CACScoringLib.scoring.protocol import protocol_named
from CACScoringLib.scoring.scores import score_scan
from scene_nodes import AXIAL, GRIDS, Scene, moved_by, rotated, slicer, vtk
from volumes import random_scan

SCHEME = label_scheme()


@pytest.fixture
def mrml() -> Scene:
    return Scene()


@pytest.fixture
def hu_and_labels():
    scan, labels = random_scan(3)
    return scan.hu, np.ascontiguousarray(labels)


def shown(mrml: Scene, hu, labels, ijk_to_ras=AXIAL):
    """A volume, its scan, and a new segmentation that shows the labels."""
    volume = mrml.volume(hu, ijk_to_ras)
    return volume, scan_of_volume_node(volume), shown_on(mrml, volume, labels)


def shown_on(mrml: Scene, volume, labels):
    node = mrml.add("Segmentation")
    show_labels(labels, scan_of_volume_node(volume).geometry, node, volume, mrml.segmentations)
    return node


def segment(node, name: str):
    segmentation = node.GetSegmentation()
    return segmentation.GetSegment(segmentation.GetSegmentIdBySegmentName(name))


@GRIDS
@pytest.mark.parametrize("transform", [None, moved_by(11, -70, 3.3), moved_by(1, 2, 3, degrees=33)])
def test_labels_and_scores_come_back(mrml, hu_and_labels, ijk_to_ras, transform):
    hu, labels = hu_and_labels
    volume = mrml.volume(hu, ijk_to_ras)
    if transform is not None:
        volume.SetAndObserveTransformNodeID(mrml.transform(transform).GetID())
    scan, node = scan_of_volume_node(volume), shown_on(mrml, volume, labels)

    np.testing.assert_array_equal(labels_of_segmentation(node, scan.geometry), labels)
    assert node.GetTransformNodeID() == volume.GetTransformNodeID()
    for name in ("agatston", "hong2022"):
        protocol = protocol_named(name)
        direct = score_scan(scan, labels, protocol)
        assert score_scan(scan, labels_of_segmentation(node, scan.geometry), protocol) == direct
        assert direct.total.agatston > 0


def test_segmentation_keeps_its_own_transform(mrml, hu_and_labels):
    hu, labels = hu_and_labels
    volume, scan, node = shown(mrml, hu, labels)
    node.SetAndObserveTransformNodeID(mrml.transform(moved_by(0, 0, 39)).GetID())
    with pytest.raises(CACError, match="outside the scan"):
        labels_of_segmentation(node, scan.geometry)
    show_labels(labels, scan.geometry, node, volume, mrml.segmentations)
    np.testing.assert_array_equal(labels_of_segmentation(node, scan.geometry), labels)


def test_sagittal_volume_is_turned_and_its_own_grid_still_fits(mrml, hu_and_labels):
    hu, labels = hu_and_labels
    # The same voxels, stored with the slice index running fastest.
    sagittal = np.ascontiguousarray(hu.transpose(1, 2, 0))
    ijk_to_ras = AXIAL[:, [2, 0, 1, 3]]
    volume, axial = mrml.volume(sagittal, ijk_to_ras), mrml.volume(hu)
    scan, same = scan_of_volume_node(volume), scan_of_volume_node(axial)
    assert [warning.code for warning in scan.reading_warnings] == ["orientation"]
    np.testing.assert_array_equal(scan.hu, same.hu)
    assert scan.geometry.difference(same.geometry) is None

    # A segmentation drawn on the sagittal grid, as the Segment Editor makes it.
    drawn = mrml.add("Segmentation")
    stored = VolumeGeometry.of_ijk_to_ras(ijk_to_ras, sagittal.shape[::-1])
    show_labels(np.ascontiguousarray(labels.transpose(1, 2, 0)), stored, drawn, volume, mrml.segmentations)
    np.testing.assert_array_equal(labels_of_segmentation(drawn, scan.geometry), labels)


@pytest.mark.parametrize("reverse", [(1, 1, -1), (-1, 1, 1), (-1, -1, -1)])
def test_segmentation_may_number_the_axes_backwards(mrml, hu_and_labels, reverse):
    hu, labels = hu_and_labels
    volume, scan, _ = shown(mrml, hu, labels)
    last = np.array(hu.shape[::-1]) - 1
    flip = np.diag([*reverse, 1]).astype(float)
    flip[:3, 3] = np.where(np.array(reverse) < 0, last, 0)
    geometry = VolumeGeometry.of_ijk_to_ras(scan.geometry.ijk_to_ras @ flip, scan.geometry.size)
    turned = np.ascontiguousarray(labels[tuple(slice(None, None, step) for step in reversed(reverse))])
    node = mrml.add("Segmentation")
    show_labels(turned, geometry, node, volume, mrml.segmentations)
    np.testing.assert_array_equal(labels_of_segmentation(node, scan.geometry), labels)


def test_names_colours_and_terminology(mrml, hu_and_labels):
    hu, labels = hu_and_labels
    _, _, node = shown(mrml, hu, labels)
    assert node.GetSegmentation().GetNumberOfSegments() == len(SCHEME.labels)
    assert node.GetSegmentation().GetNumberOfLayers() == 1
    for label in SCHEME.labels:
        found = segment(node, label.name)
        assert found.GetLabelValue() == label.value
        np.testing.assert_allclose(found.GetColor(), np.divide(label.colour, 255))
        entry = slicer.vtkSlicerTerminologyEntry()
        assert slicer.vtkSlicerTerminologiesModuleLogic().DeserializeTerminologyEntry(
            terminology(found), entry
        )
        assert entry.GetTypeObject().GetCodeValue() == SCHEME.calcification.value
        assert entry.GetRegionObject().GetCodeMeaning() == label.region.meaning


def terminology(found) -> str:
    tag = vtk.reference("")
    assert found.GetTag(slicer.vtkSegment.GetTerminologyEntryTagName(), tag)
    return str(tag)


def test_second_write_replaces_the_first_and_leaves_other_segments_alone(mrml, hu_and_labels):
    hu, labels = hu_and_labels
    volume, scan, node = shown(mrml, hu, labels)
    segmentation = node.GetSegmentation()
    segmentation.AddEmptySegment("heart", "heart")
    # Put the other segment into the layer that the scheme's segments share.
    heart = segmentation.GetSegment("heart")
    heart.AddRepresentation("Binary labelmap", segment(node, "LAD").GetRepresentation("Binary labelmap"))
    heart.SetLabelValue(9)
    stored = slicer.vtkOrientedImageData.SafeDownCast(heart.GetRepresentation("Binary labelmap"))
    where = tuple(int(index[0]) for index in np.nonzero(labels == 0))
    stored.SetScalarComponentFromDouble(*where[::-1], 0, 9)

    new = np.zeros_like(labels)
    new[2:4, 3:9, 3:9] = SCHEME["RCA"].value
    show_labels(new, scan.geometry, node, volume, mrml.segmentations)

    kept = slicer.vtkOrientedImageData()
    assert node.GetBinaryLabelmapRepresentation("heart", kept)
    assert kept.GetScalarComponentAsDouble(*where[::-1], 0) == 1
    stored = heart.GetRepresentation("Binary labelmap")
    assert stored.GetScalarRange()[1] == 9
    assert vtk_values(stored) == {0, 9}
    segmentation.RemoveSegment("heart")
    np.testing.assert_array_equal(labels_of_segmentation(node, scan.geometry), new)


def vtk_values(image) -> set[int]:
    from vtk.util.numpy_support import vtk_to_numpy

    return set(np.unique(vtk_to_numpy(image.GetPointData().GetScalars())).tolist())


def test_surface_follows_the_labels(mrml):
    hu = np.zeros((6, 20, 20), np.int16)
    labels = np.zeros(hu.shape, np.uint8)
    labels[2:4, 5:8, 5:8] = SCHEME["LAD"].value
    volume, scan, node = shown(mrml, hu, labels)
    node.CreateClosedSurfaceRepresentation()
    before = segment(node, "LAD").GetRepresentation("Closed surface").GetBounds()
    labels[2:4, 5:15, 5:8] = SCHEME["LAD"].value
    show_labels(labels, scan.geometry, node, volume, mrml.segmentations)
    after = segment(node, "LAD").GetRepresentation("Closed surface").GetBounds()
    assert after[3] - after[2] > before[3] - before[2] + 2


def test_segmentation_file_of_slicer_reads_as_label_map(mrml, hu_and_labels, tmp_path):
    hu, labels = hu_and_labels
    _, scan, node = shown(mrml, hu, labels, rotated())
    storage = mrml.add("SegmentationStorage")
    storage.SetFileName(str(tmp_path / "labels.seg.nrrd"))
    storage.SetCropToMinimumExtent(False)
    assert storage.WriteData(node)
    np.testing.assert_array_equal(read_label_map(tmp_path / "labels.seg.nrrd", scan.geometry), labels)


def drawn(mrml: Scene, volume, *parts: tuple[str, tuple[slice, slice, slice]]):
    """A segmentation drawn segment by segment, as the Segment Editor does."""
    node = mrml.add("Segmentation")
    scan = scan_of_volume_node(volume)
    for name, box in parts:
        ijk_to_ras = vtk.vtkMatrix4x4()
        volume.GetIJKToRASMatrix(ijk_to_ras)
        image = slicer.vtkOrientedImageData()
        image.SetImageToWorldMatrix(ijk_to_ras)
        bounds = [(part.start, part.stop - 1) for part in reversed(box)]
        image.SetExtent(*[each for pair in bounds for each in pair])
        image.AllocateScalars(vtk.VTK_UNSIGNED_CHAR, 1)
        image.GetPointData().GetScalars().Fill(1)
        segment_id = node.GetSegmentation().AddEmptySegment("", name)
        mrml.segmentations.SetBinaryLabelmapToSegment(
            image, node, segment_id, mrml.segmentations.MODE_REPLACE, image.GetExtent()
        )
    return node, scan


BOX = (slice(2, 4), slice(5, 9), slice(10, 14))
BESIDE = (slice(2, 4), slice(5, 9), slice(14, 17))


def test_drawn_segments_are_found_by_name(mrml):
    volume = mrml.volume(np.zeros((6, 20, 20), np.int16), rotated(-1))
    node, scan = drawn(mrml, volume, ("RCA", BOX), (" lad ", BESIDE))
    expected = np.zeros(scan.geometry.shape, np.uint8)
    expected[BOX], expected[BESIDE] = SCHEME["RCA"].value, SCHEME["LAD"].value
    np.testing.assert_array_equal(labels_of_segmentation(node, scan.geometry), expected)


def test_overlapping_segments_are_refused(mrml):
    volume = mrml.volume(np.zeros((6, 20, 20), np.int16))
    node, scan = drawn(mrml, volume, ("RCA", BOX))
    other = node.GetSegmentation().AddEmptySegment("", "LCX")
    image = slicer.vtkOrientedImageData()
    node.GetBinaryLabelmapRepresentation(node.GetSegmentation().GetNthSegmentID(0), image)
    node.GetSegmentation().GetSegment(other).AddRepresentation("Binary labelmap", image)
    node.GetSegmentation().GetSegment(other).SetLabelValue(1)
    with pytest.raises(CACError, match="overlap"):
        labels_of_segmentation(node, scan.geometry)


def test_unknown_segments_are_refused_only_where_they_hold_voxels(mrml):
    volume = mrml.volume(np.zeros((6, 20, 20), np.int16))
    node, scan = drawn(mrml, volume, ("RCA", BOX), ("valve", BESIDE))
    with pytest.raises(CACError, match="'valve' is not one of OTHER, LAD, LCX, RCA, LM"):
        labels_of_segmentation(node, scan.geometry)
    mrml.segmentations.ClearSegment(node, node.GetSegmentation().GetSegmentIdBySegmentName("valve"))
    assert labels_of_segmentation(node, scan.geometry)[BOX].all()


def test_segmentation_of_another_grid_is_refused(mrml):
    hu = np.zeros((6, 20, 20), np.int16)
    node, _ = drawn(mrml, mrml.volume(hu), ("RCA", BOX))
    for matrix in (moved_by(0.2, 0, 0), moved_by(0, 0, 0, degrees=10), np.diag([1, 1, 1.5, 1])):
        other = scan_of_volume_node(mrml.volume(hu, matrix @ AXIAL))
        with pytest.raises(CACError, match="do not lie on the scan's grid"):
            labels_of_segmentation(node, other.geometry)
    smaller = scan_of_volume_node(mrml.volume(hu[:3]))
    with pytest.raises(CACError, match="outside the scan"):
        labels_of_segmentation(node, smaller.geometry)
    elsewhere = scan_of_volume_node(mrml.volume(hu, moved_by(0, 0, 300) @ AXIAL))
    with pytest.raises(CACError, match="outside the scan"):
        labels_of_segmentation(node, elsewhere.geometry)


def test_empty_and_surface_segmentations(mrml):
    scan = scan_of_volume_node(mrml.volume(np.zeros((6, 20, 20), np.int16)))
    node = mrml.add("Segmentation")
    assert not labels_of_segmentation(node, scan.geometry).any()
    node.GetSegmentation().SetSourceRepresentationName("Closed surface")
    node.GetSegmentation().AddEmptySegment("LAD", "LAD")
    with pytest.raises(CACError, match="no binary label maps"):
        labels_of_segmentation(node, scan.geometry)


def test_warping_transforms_are_refused(mrml, hu_and_labels):
    hu, labels = hu_and_labels
    volume, scan, node = shown(mrml, hu, labels)
    warp = mrml.warp().GetID()
    volume.SetAndObserveTransformNodeID(warp)
    node.SetAndObserveTransformNodeID(warp)
    with pytest.raises(CACError, match="the volume lies under a transform that warps"):
        scan_of_volume_node(volume)
    with pytest.raises(CACError, match="the segmentation lies under a transform that warps"):
        labels_of_segmentation(node, scan.geometry)


def test_times_of_a_whole_scan(mrml, capsys):
    hu = np.full((126, 512, 512), -50, np.int16)
    hu[30:90:7, 200:320:11, 200:320:13] = 300
    labels = np.where(hu > 130, np.uint8(SCHEME["LAD"].value), np.uint8(0))
    volume = mrml.volume(hu)
    times = {}
    began = time.perf_counter()
    scan = scan_of_volume_node(volume)
    times["scan"] = time.perf_counter() - began
    node = mrml.add("Segmentation")
    for name in ("first write", "second write"):
        began = time.perf_counter()
        show_labels(labels, scan.geometry, node, volume, mrml.segmentations)
        times[name] = time.perf_counter() - began
    began = time.perf_counter()
    back = labels_of_segmentation(node, scan.geometry)
    times["labels back"] = time.perf_counter() - began
    np.testing.assert_array_equal(back, labels)
    with capsys.disabled():
        print("\n512 x 512 x 126:", ", ".join(f"{name} {1000 * each:.0f} ms" for name, each in times.items()))
