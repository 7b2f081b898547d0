"""A volume scored from whoever labels it, and the results in the scene."""

from __future__ import annotations

import numpy as np
import pytest
from CACScoringLib.errors import CACError
from CACScoringLib.scene.clipboard_text import clipboard_text
from CACScoringLib.scene.comparison import compare_with, write_comparison
from CACScoringLib.scene.differences import find_agreement, find_differences, find_parts
from CACScoringLib.scene.jumping import jump_to
from CACScoringLib.scene.label_search import find_labels
from CACScoringLib.scene.lesion_table import lesion_table, lesions_of_table
from CACScoringLib.scene.plots import Reading, find_artery_chart, show_artery_chart, show_histogram
from CACScoringLib.scene.results import VolumeScorer, write_result
from CACScoringLib.scene.score_table import review_of_table, score_table
from CACScoringLib.scene.segmentations import show_labels
from CACScoringLib.scene.tables import read_column
from CACScoringLib.scene.volumes import scan_of_volume_node
from CACScoringLib.schemes import label_scheme
from CACScoringLib.scoring.protocol import ScoringProtocol
from CACScoringLib.scoring.review import ReviewState
from CACScoringLib.scoring.scores import lesion_voxels, score_scan
from plain_reading import PlainReading
from saved_scenes import reopened
from scene_nodes import Scene, moved_by, slicer
from test_scene_lesions import DISTRIBUTION
from volumes import blocks, random_scan, scan_of


@pytest.fixture
def mrml() -> Scene:
    return Scene()


@pytest.fixture
def scorer() -> VolumeScorer:
    return VolumeScorer()


def volume_and_labels(mrml: Scene, name: str = "CT", seed: int = 3):
    scan, labels = random_scan(seed)
    volume = mrml.volume(scan.hu)
    volume.SetName(name)
    return volume, np.ascontiguousarray(labels), shown(mrml, volume, labels, f"labels of {name}")


def shown(mrml: Scene, volume, labels, name: str = "labels", kind: str = "cac"):
    node = mrml.add("Segmentation")
    node.SetName(name)
    geometry = scan_of_volume_node(volume).geometry
    show_labels(np.ascontiguousarray(labels), geometry, node, volume, mrml.segmentations, kind)
    return node


def test_segmentation_is_scored_where_nobody_reads(mrml, scorer):
    volume, labels, segmentation = volume_and_labels(mrml)
    result = scorer.result(mrml.scene, volume, segmentation, None, ScoringProtocol())
    assert result.scored.scores == score_scan(scan_of_volume_node(volume), labels, ScoringProtocol())
    np.testing.assert_array_equal(result.labels, labels)
    assert write_result(mrml.scene, volume, result, segmentation) is score_table(mrml.scene, volume)
    assert len(lesions_of_table(lesion_table(mrml.scene, volume))) == len(result.scored.scores.lesions)


def test_reading_comes_before_the_segmentation_and_has_its_own_protocol(mrml, scorer):
    volume, labels, segmentation = volume_and_labels(mrml)
    reading = PlainReading(scan_of_volume_node(volume), np.where(labels == 2, labels, 0), signed_off=5)
    reading.protocol = ScoringProtocol("hong2022", keep_lm_apart=True)
    result = scorer.result(mrml.scene, volume, segmentation, reading, ScoringProtocol())
    assert result.scored.scores == reading.scores
    assert result.scored.protocol is reading.protocol
    assert result.scored.review == ReviewState(12, 5)
    table = write_result(mrml.scene, volume, result)
    assert review_of_table(table) == ReviewState(12, 5)


def test_reading_of_nothing_is_a_zero_only_when_signed_off(mrml, scorer):
    volume, labels, _ = volume_and_labels(mrml)
    reading = PlainReading(scan_of_volume_node(volume), np.zeros_like(labels), signed_off=11)
    assert scorer.result(mrml.scene, volume, None, reading, ScoringProtocol()).scored.scores is None
    reading.review = ReviewState(12, 12)
    assert (
        scorer.result(mrml.scene, volume, None, reading, ScoringProtocol()).scored.scores.total.agatston == 0
    )


def test_lesions_of_a_reading_lie_where_a_transform_puts_the_volume(mrml, scorer):
    volume, labels, _ = volume_and_labels(mrml)
    reading = PlainReading(scan_of_volume_node(volume), labels)
    volume.SetAndObserveTransformNodeID(mrml.transform(moved_by(10, -20, 30, degrees=12)).GetID())
    result = scorer.result(mrml.scene, volume, None, reading, ScoringProtocol())
    world = score_scan(scan_of_volume_node(volume), labels, ScoringProtocol())
    for moved, expected in zip(result.scored.scores.lesions, world.lesions, strict=True):
        np.testing.assert_allclose(moved.centroid_ras_mm, expected.centroid_ras_mm)


def test_scan_is_kept_until_the_volume_changes(mrml, scorer):
    volume, _, _ = volume_and_labels(mrml)
    scan = scorer.scan_of(volume)
    assert scorer.scan_of(volume) is scan
    volume.SetAndObserveTransformNodeID(mrml.transform(moved_by(1, 2, 3)).GetID())
    moved = scorer.scan_of(volume)
    assert moved is not scan
    volume.GetImageData().Modified()
    assert scorer.scan_of(volume) is not moved
    scorer.forget()
    with pytest.raises(CACError, match="empty"):
        scorer.scan_of(mrml.add("ScalarVolume"))


def test_what_the_model_left_open_stays_with_the_scene(mrml, scorer, tmp_path):
    volume, labels, segmentation = volume_and_labels(mrml)
    reading = PlainReading(scan_of_volume_node(volume), labels)
    reading.score_distribution = DISTRIBUTION
    write_result(mrml.scene, volume, scorer.result(mrml.scene, volume, None, reading, ScoringProtocol()))
    again = reopened(mrml, tmp_path)
    volume, segmentation = (again.scene.GetFirstNodeByName(name) for name in ("CT", "labels of CT"))
    result = scorer.result(again.scene, volume, segmentation, None, ScoringProtocol())
    assert result.distribution == DISTRIBUTION
    table = write_result(again.scene, volume, result, segmentation)
    assert read_column(table, "passes_high")[-1] == 90


def test_charts_that_are_there_follow(mrml, scorer):
    volume, labels, segmentation = volume_and_labels(mrml)
    result = scorer.result(mrml.scene, volume, segmentation, None, ScoringProtocol())
    write_result(mrml.scene, volume, result, segmentation)
    assert find_artery_chart(mrml.scene, volume) is None
    chart = show_artery_chart(mrml.scene, volume, [Reading("Labels", result.scored.scores)])
    show_histogram(mrml.scene, volume, result.scored.scores, None)
    nodes = mrml.scene.GetNumberOfNodes()
    fewer = np.where(labels == label_scheme()["RCA"].value, 1, labels).astype(np.uint8)
    show_labels(fewer, result.geometry, segmentation, volume, mrml.segmentations)
    result = scorer.result(mrml.scene, volume, segmentation, None, ScoringProtocol())
    write_result(mrml.scene, volume, result, segmentation)
    rca = chart.GetNthPlotSeriesNode(2)
    assert read_column(rca.GetTableNode(), "RCA") == [0]
    assert mrml.scene.GetNumberOfNodes() == nodes


def test_second_segmentation_is_compared(mrml, scorer):
    volume, labels, segmentation = volume_and_labels(mrml)
    second = shown(mrml, volume, np.roll(labels, 1, axis=2), "second")
    result = scorer.result(mrml.scene, volume, segmentation, None, ScoringProtocol())
    show_artery_chart(mrml.scene, volume, [Reading("Labels", result.scored.scores)])
    comparison = compare_with(result, second)
    write_comparison(mrml.scene, volume, result, comparison, mrml.segmentations)
    assert 0 < comparison.agreement.micro_f1.value < 1
    for find in (find_agreement, find_differences, find_parts):
        assert find(mrml.scene, volume) is not None
    bars = find_artery_chart(mrml.scene, volume).GetNthPlotSeriesNode(0)
    assert len(read_column(bars.GetTableNode(), "LAD")) == 2
    nobody = scorer.result(mrml.scene, volume, None, None, ScoringProtocol())
    with pytest.raises(CACError, match="no labels to compare"):
        compare_with(nobody, second)


def test_labels_of_each_volume_are_found(mrml, scorer):
    first, labels, own = volume_and_labels(mrml, "first")
    second, _, others = volume_and_labels(mrml, "second", seed=4)
    bare = mrml.volume(random_scan(3)[0].hu)
    assert find_labels(mrml.scene, first) is own
    assert find_labels(mrml.scene, second) is others
    assert find_labels(mrml.scene, bare) is None
    shown(mrml, bare, random_scan(3)[1], "regions", kind="car")
    assert find_labels(mrml.scene, bare) is None
    for name, found in (("from a file", True), ("from another", False)):
        read = shown(mrml, first, labels, name)
        read.SetNodeReferenceID(read.GetReferenceImageGeometryReferenceRole(), None)
        assert (find_labels(mrml.scene, bare) is read) == found
    later = shown(mrml, first, labels, "later")
    result = scorer.result(mrml.scene, first, later, None, ScoringProtocol())
    write_result(mrml.scene, first, result, later)
    assert find_labels(mrml.scene, first) is later
    mrml.scene.RemoveNode(later)
    assert find_labels(mrml.scene, first) is own


def test_clipboard_writes_no_zero_that_is_none(mrml, scorer):
    volume, labels, _ = volume_and_labels(mrml)
    lad_only = np.where(labels == 2, labels, 0).astype(np.uint8)
    reading = PlainReading(scan_of_volume_node(volume), lad_only, signed_off=3)
    write_result(mrml.scene, volume, scorer.result(mrml.scene, volume, None, reading, ScoringProtocol()))
    text = clipboard_text(mrml.scene, volume, "Scan 7")
    lines = text.splitlines()
    assert lines[0] == "Scan 7"
    rows = dict(line.split("\t", 1) for line in lines if "\t" in line)
    assert rows["RCA"] == "\t\t\t"
    assert float(rows["LAD"].split("\t")[0]) > 0
    assert rows["Review"] == "not reviewed, 3 of 12 slices"
    assert "Peak HU" in text
    assert lines[-1] == "For research use only; not a medical device."
    reading.review = ReviewState(12, 12)
    write_result(mrml.scene, volume, scorer.result(mrml.scene, volume, None, reading, ScoringProtocol()))
    assert "\nRCA\t0\t0\t\t0\n" in clipboard_text(mrml.scene, volume, "Scan 7")


def test_voxels_of_a_lesion_include_its_small_parts():
    # A block in slice 1, and a single voxel of it in slice 2 that is too small to count.
    scan = scan_of(
        blocks((4, 12, 12), (1, slice(2, 5), slice(2, 5), 300), (2, 3, 3, 300), (1, 9, slice(8, 11), 300)),
        spacing_mm=(0.9, 0.9, 3.0),
    )
    labels = np.where(scan.hu >= 130, label_scheme()["LAD"].value, 0).astype(np.uint8)
    protocol = ScoringProtocol()
    first, second = score_scan(scan, labels, protocol).lesions
    assert lesion_voxels(scan, labels, protocol, first.id).size == 10
    assert lesion_voxels(scan, labels, protocol, second.id).size == 3
    with pytest.raises(ValueError, match="no lesion 3"):
        lesion_voxels(scan, labels, protocol, 3)


@pytest.mark.parametrize("seed", range(5))
def test_lesion_voxels_are_those_that_were_scored(seed):
    scan, labels = random_scan(seed)
    labels = np.ascontiguousarray(labels)
    protocol = ScoringProtocol(too_small="nothing")
    for lesion in score_scan(scan, labels, protocol).lesions:
        voxels = lesion_voxels(scan, labels, protocol, lesion.id)
        assert voxels.size * scan.geometry.voxel_volume_mm3 == pytest.approx(lesion.volume_mm3)
        assert scan.hu.reshape(-1)[voxels].max() == lesion.peak_hu
        assert voxels[0] // (40 * 36) == lesion.slices[0]


def test_view_that_has_the_place_in_its_frame_keeps_its_picture(mrml):
    node = slicer.vtkMRMLSliceNode()
    node.SetLayoutName("Red")
    mrml.scene.AddNode(node)
    node.SetOrientationToAxial()
    node.SetDimensions(100, 100, 1)
    node.SetFieldOfView(100, 100, 1)
    before = [node.GetSliceToRAS().GetElement(row, 3) for row in range(2)]
    jump_to(mrml.scene, (20.0, -30.0, 44.0))
    assert node.GetSliceOffset() == 44
    assert [node.GetSliceToRAS().GetElement(row, 3) for row in range(2)] == before
    jump_to(mrml.scene, (200.0, -30.0, 44.0))
    assert [node.GetSliceToRAS().GetElement(row, 3) for row in range(2)] == [200, -30]
