"""Lesions labelled from control points of real Slicer core."""

from __future__ import annotations

import json

import numpy as np
import pytest
from CACAnnotationLib.control_points import read_control_points
from CACAnnotationLib.point_labels import label_by_points
from CACAnnotationLib.scene.points import points_of_markups_node
from CACScoringLib.candidates.candidates import find_candidates
from CACScoringLib.errors import CACError
from CACScoringLib.scene.segmentations import labels_of_segmentation, show_labels
from CACScoringLib.scene.volumes import scan_of_volume_node
from CACScoringLib.schemes import label_scheme
from scene_nodes import AXIAL, GRIDS, Scene, moved_by, rotated
from volumes import blocks

SCHEME = label_scheme()
LESIONS = blocks(
    (8, 30, 30),
    (slice(2, 4), slice(5, 9), slice(5, 9), 450),
    (slice(3, 6), slice(15, 20), slice(10, 14), 300),
    (6, 25, 25, 200),
)


@pytest.fixture
def mrml() -> Scene:
    return Scene()


def markups(mrml: Scene, ijk_to_ras, *points: tuple[tuple[float, float, float], str]):
    """Control points at voxels (column, row, slice)."""
    node = mrml.add("MarkupsFiducial")
    for ijk, label in points:
        node.AddControlPoint((ijk_to_ras @ (*ijk, 1))[:3].tolist(), label)
    return node


POINTS = (((6, 6, 2), "LAD"), ((11, 16, 4), "rca "), ((20, 20, 5), "LCX"))


@GRIDS
@pytest.mark.parametrize("transform", [None, moved_by(15, -40, 7, degrees=20)])
def test_points_label_their_lesions(mrml, ijk_to_ras, transform):
    volume, points = mrml.volume(LESIONS, ijk_to_ras), markups(mrml, ijk_to_ras, *POINTS)
    if transform is not None:
        for node in (volume, points):
            node.SetAndObserveTransformNodeID(mrml.transform(transform).GetID())
    scan = scan_of_volume_node(volume)
    placed = points_of_markups_node(points, scan.geometry)
    np.testing.assert_allclose([point.ijk for point in placed], [ijk for ijk, _ in POINTS], atol=1e-6)
    result = label_by_points(find_candidates(scan), placed, rest_is_other=True)
    node = mrml.add("Segmentation")
    show_labels(result.labels, scan.geometry, node, volume, mrml.segmentations)

    expected = np.select(
        [LESIONS == 450, LESIONS == 300, LESIONS == 200],
        [SCHEME["LAD"].value, SCHEME["RCA"].value, SCHEME["OTHER"].value],
        0,
    )
    np.testing.assert_array_equal(labels_of_segmentation(node, scan.geometry), expected)
    (skipped,) = result.skipped
    assert (skipped.point.name, skipped.point.label) == ("point 3", "LCX")
    # Seven columns and one row away from the second lesion.
    assert skipped.nearest_mm == pytest.approx(np.hypot(7 * 0.4, 1 * 0.5))


def test_points_of_the_scene_are_those_of_its_file(mrml, tmp_path):
    ijk_to_ras = rotated()
    points = markups(mrml, ijk_to_ras, *POINTS)
    scan = scan_of_volume_node(mrml.volume(LESIONS, ijk_to_ras))
    storage = mrml.add("MarkupsJsonStorage")
    storage.SetFileName(str(tmp_path / "points.mrk.json"))
    assert storage.WriteData(points)
    assert len(json.loads((tmp_path / "points.mrk.json").read_text())["markups"][0]["controlPoints"]) == 3

    read = read_control_points(tmp_path / "points.mrk.json", scan)
    held = points_of_markups_node(points, scan.geometry)
    assert [point.label for point in held] == [point.label for point in read] == ["LAD", "RCA", "LCX"]
    np.testing.assert_allclose([point.ijk for point in held], [point.ijk for point in read], atol=1e-4)


def test_warping_transform_of_points_counts(mrml):
    points = markups(mrml, AXIAL, *POINTS)
    scan = scan_of_volume_node(mrml.volume(LESIONS))
    straight = points_of_markups_node(points, scan.geometry)
    warp = mrml.warp()
    points.SetAndObserveTransformNodeID(warp.GetID())
    warped = points_of_markups_node(points, scan.geometry)
    for before, after in zip(straight, warped, strict=True):
        moved = warp.GetTransformToParent().TransformPoint(scan.geometry.ras_of(before.ijk))
        np.testing.assert_allclose(scan.geometry.ras_of(after.ijk), moved, atol=1e-6)
        assert np.abs(np.subtract(after.ijk, before.ijk)).max() > 0.1


def test_points_without_a_place_are_left_out(mrml):
    points = markups(mrml, AXIAL, *POINTS)
    points.UnsetNthControlPointPosition(0)
    scan = scan_of_volume_node(mrml.volume(LESIONS))
    assert [point.name for point in points_of_markups_node(points, scan.geometry)] == ["point 2", "point 3"]


def test_labels_of_no_artery_are_refused(mrml):
    points = markups(mrml, AXIAL, ((6, 6, 2), "LAD"), ((6, 6, 3), "F-2"))
    scan = scan_of_volume_node(mrml.volume(LESIONS))
    with pytest.raises(CACError, match="point 2: label 'F-2' is not one of OTHER, LAD, LCX, RCA, LM"):
        points_of_markups_node(points, scan.geometry)
