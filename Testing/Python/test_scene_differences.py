"""Where two readings differ: in arrays, and as nodes of real Slicer core."""

from __future__ import annotations

import numpy as np
import pytest
from CACScoringLib.agreement.bootstrap import BootstrapPlan
from CACScoringLib.agreement.differences import Difference, difference_map, differing_parts
from CACScoringLib.agreement.label_agreement import label_agreement
from CACScoringLib.agreement.paired_voxels import pair_voxels
from CACScoringLib.scene.differences import (
    DIFFERENCE_NAMES,
    agreement_to_table,
    find_agreement,
    find_differences,
    find_parts,
    parts_of_table,
    parts_to_table,
    show_differences,
)
from CACScoringLib.scene.tables import read_column
from CACScoringLib.scene.volumes import scan_of_volume_node
from CACScoringLib.schemes import label_scheme
from CACScoringLib.scoring.protocol import ScoringProtocol
from saved_scenes import reopened
from scene_nodes import GRIDS, Scene, moved_by, slicer
from test_scene_labels import segment
from volumes import blocks, random_scan, scan_of
from vtk.util.numpy_support import vtk_to_numpy

LAD, LCX, OTHER = (label_scheme()[name].value for name in ("LAD", "LCX", "OTHER"))


@pytest.fixture
def mrml() -> Scene:
    return Scene()


def two_readings():
    """Lesions: one only in the first, one of another artery, one the same; and OTHER against nothing."""
    scan = scan_of(
        blocks(
            (4, 20, 20),
            (slice(1, 3), slice(2, 5), slice(2, 5), 300),
            (1, slice(10, 12), slice(10, 12), 300),
            (2, slice(15, 18), slice(15, 18), 300),
            (0, 0, slice(0, 3), 300),
        )
    )
    first, second = np.zeros(scan.geometry.shape, np.uint8), np.zeros(scan.geometry.shape, np.uint8)
    first[1:3, 2:5, 2:5] = LAD
    first[1, 10:12, 10:12], second[1, 10:12, 10:12] = LAD, LCX
    first[2, 15:18, 15:18] = second[2, 15:18, 15:18] = LCX
    first[0, 0, :3] = OTHER
    return scan, first, second


def test_every_voxel_says_how_readings_differ():
    scan, first, second = two_readings()
    found = difference_map(pair_voxels(scan, first, second, ScoringProtocol()))
    expected = np.zeros_like(first)
    expected[1:3, 2:5, 2:5] = Difference.ONLY_REFERENCE.value
    expected[1, 10:12, 10:12] = Difference.OTHER_ARTERY.value
    np.testing.assert_array_equal(found, expected)
    turned = difference_map(pair_voxels(scan, second, first, ScoringProtocol()))
    np.testing.assert_array_equal(turned == Difference.ONLY_TEST.value, expected == 1)


def test_places_are_listed_largest_first():
    scan, first, second = two_readings()
    large, small = differing_parts(pair_voxels(scan, first, second, ScoringProtocol()), scan.geometry)
    assert (large.kind, large.reference, large.test) == (Difference.ONLY_REFERENCE, "LAD", "unlabelled")
    assert large.volume_mm3 == 18 * scan.geometry.voxel_volume_mm3
    assert large.slices == (1, 2)
    np.testing.assert_allclose(large.centre_ras_mm, scan.geometry.ras_of((3, 3, 1.5)))
    assert (small.kind, small.reference, small.test) == (Difference.OTHER_ARTERY, "LAD", "LCX")
    assert small.slices == (1, 1)
    assert differing_parts(pair_voxels(scan, first, first, ScoringProtocol()), scan.geometry) == ()


def test_left_main_in_lad_is_no_difference():
    scan, first, _ = two_readings()
    second = np.where(first == LAD, np.uint8(label_scheme()["LM"].value), first)
    assert not difference_map(pair_voxels(scan, first, second, ScoringProtocol())).any()
    apart = ScoringProtocol(keep_lm_apart=True)
    assert difference_map(pair_voxels(scan, first, second, apart)).any()


def shown_map(node, shape) -> np.ndarray:
    """Map of the segmentation of differences; all its segments share it."""
    image = segment(node, DIFFERENCE_NAMES[Difference.ONLY_TEST]).GetRepresentation("Binary labelmap")
    return vtk_to_numpy(image.GetPointData().GetScalars()).reshape(shape)


@GRIDS
@pytest.mark.parametrize("transform", [None, moved_by(1, 2, 3, degrees=33)])
def test_differences_lie_on_the_volume(mrml, ijk_to_ras, transform):
    source, labels = random_scan(3)
    volume = mrml.volume(source.hu, ijk_to_ras)
    if transform is not None:
        volume.SetAndObserveTransformNodeID(mrml.transform(transform).GetID())
    scan = scan_of_volume_node(volume)
    second = np.roll(labels, 2, axis=1)
    voxels = pair_voxels(scan, labels, second, ScoringProtocol())
    node = show_differences(mrml.scene, volume, voxels, scan.geometry, mrml.segmentations)

    np.testing.assert_array_equal(shown_map(node, labels.shape), difference_map(voxels))
    assert node.GetTransformNodeID() == volume.GetTransformNodeID()
    assert find_differences(mrml.scene, volume) is node
    same = pair_voxels(scan, labels, labels, ScoringProtocol())
    assert show_differences(mrml.scene, volume, same, scan.geometry, mrml.segmentations) is node
    assert not shown_map(node, labels.shape).any()


def test_figures_and_places_are_there_again_in_a_saved_scene(mrml, tmp_path):
    scan, first, second = two_readings()
    volume = mrml.volume(scan.hu)
    volume.SetName("CT")
    scan = scan_of_volume_node(volume)
    voxels = pair_voxels(scan, first, second, ScoringProtocol())
    agreement = label_agreement(voxels, BootstrapPlan("lesion"))
    table = agreement_to_table(mrml.scene, volume, agreement)
    show_differences(mrml.scene, volume, voxels, scan.geometry, mrml.segmentations)
    parts_to_table(mrml.scene, volume, voxels, scan.geometry)
    values = dict(zip(read_column(table, "figure"), read_column(table, "value"), strict=True))
    assert values["Micro-F1 over arteries"] == agreement.micro_f1.value
    assert values["F1 RCA"] is None
    assert values["Sensitivity by lesion"] == pytest.approx(2 / 3)
    counts = read_column(table, "counts")
    assert "2 of 3 of the first found in the second" in counts
    assert any(each.startswith("undefined") for each in counts)

    again = reopened(mrml, tmp_path)
    volume = again.scene.GetFirstNodeByName("CT")
    found = find_agreement(again.scene, volume)
    assert read_column(found, "figure") == read_column(table, "figure")
    assert read_column(found, "value")[3] is None
    parts = parts_of_table(find_parts(again.scene, volume))
    for part, expected in zip(parts, differing_parts(voxels, scan.geometry), strict=True):
        assert (part.kind, part.reference, part.test) == (expected.kind, expected.reference, expected.test)
        assert part.slices == expected.slices
        np.testing.assert_allclose(part.centre_ras_mm, expected.centre_ras_mm, rtol=1e-5)
    for kind in Difference:
        stored = slicer.vtkOrientedImageData()
        find_differences(again.scene, volume).GetBinaryLabelmapRepresentation(DIFFERENCE_NAMES[kind], stored)
        scalars = stored.GetPointData().GetScalars()
        count = np.count_nonzero(vtk_to_numpy(scalars)) if scalars else 0
        assert count == np.count_nonzero(difference_map(voxels) == kind.value)
