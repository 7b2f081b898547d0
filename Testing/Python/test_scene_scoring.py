"""Scans from volumes and scores in tables, through nodes of real Slicer core."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from CACScoringLib.errors import CACError
from CACScoringLib.scene.score_table import COLUMN_TITLES, WARNINGS_APART, score_table, scores_to_table
from CACScoringLib.scene.volumes import scan_of_volume_node
from CACScoringLib.scoring.protocol import ScoringProtocol, protocol_named
from CACScoringLib.scoring.scored_scan import scored_scan
from CACScoringLib.scoring.scores import score_scan
from scene_nodes import GRIDS, SPACING, Scene, moved_by, vtk
from volumes import blocks, random_scan


@pytest.fixture
def mrml() -> Scene:
    return Scene()


@pytest.fixture
def hu_and_labels():
    scan, labels = random_scan(3)
    return scan.hu, np.ascontiguousarray(labels)


@GRIDS
def test_scan_lies_where_the_volume_lies(mrml, hu_and_labels, ijk_to_ras):
    hu, _ = hu_and_labels
    scan = scan_of_volume_node(mrml.volume(hu, ijk_to_ras))
    np.testing.assert_array_equal(scan.hu, hu)
    np.testing.assert_allclose(scan.geometry.ijk_to_ras, ijk_to_ras, atol=1e-12)
    assert scan.geometry.spacing_mm == pytest.approx(SPACING)


def test_scan_shares_the_memory_of_the_volume(mrml):
    volume = mrml.volume(np.zeros((3, 4, 5), np.int16))
    volume.GetImageData().SetScalarComponentFromDouble(4, 3, 2, 0, 321)
    scan = scan_of_volume_node(volume)
    assert scan.values[2, 3, 4] == 321
    volume.GetImageData().SetScalarComponentFromDouble(4, 3, 2, 0, 322)
    assert scan.values[2, 3, 4] == 322


def test_padding_of_a_volume_reads_as_air(mrml):
    scan = scan_of_volume_node(mrml.volume(blocks((3, 4, 5), (0, 0, 0, -3024))))
    assert scan.hu[0, 0, 0] == -1000
    assert scan.padding is not None


def test_fractions_of_hu_stay(mrml):
    scan = scan_of_volume_node(mrml.volume(np.full((3, 4, 5), 129.5, np.float64)))
    assert scan.hu.dtype == np.float32
    assert scan.hu[0, 0, 0] == 129.5


def test_transform_moves_scan_and_lesions(mrml, hu_and_labels):
    hu, labels = hu_and_labels
    volume = mrml.volume(hu)
    before = score_scan(scan_of_volume_node(volume), labels, ScoringProtocol())
    volume.SetAndObserveTransformNodeID(mrml.transform(moved_by(10, -20, 30)).GetID())
    after = score_scan(scan_of_volume_node(volume), labels, ScoringProtocol())
    offset = np.subtract(after.lesions[0].centroid_ras_mm, before.lesions[0].centroid_ras_mm)
    np.testing.assert_allclose(offset, (10, -20, 30))
    assert after.total.agatston == pytest.approx(before.total.agatston)


def test_shear_is_refused(mrml):
    shear = np.eye(4)
    shear[1, 2] = 0.1
    volume = mrml.volume(np.zeros((6, 20, 20), np.int16))
    volume.SetAndObserveTransformNodeID(mrml.transform(shear).GetID())
    with pytest.raises(CACError, match="sheared"):
        scan_of_volume_node(volume)


def test_volumes_that_are_no_ct_are_refused(mrml):
    with pytest.raises(CACError, match="empty"):
        scan_of_volume_node(mrml.add("ScalarVolume"))
    with pytest.raises(CACError, match="20 x 20 x 2 voxels"):
        scan_of_volume_node(mrml.volume(np.zeros((2, 20, 20), np.int16)))
    image = vtk.vtkImageData()
    image.SetDimensions(4, 4, 4)
    image.AllocateScalars(vtk.VTK_UNSIGNED_CHAR, 3)
    colours = mrml.add("VectorVolume")
    colours.SetAndObserveImageData(image)
    with pytest.raises(CACError, match="colours"):
        scan_of_volume_node(colours)


def test_scores_in_a_table(mrml, hu_and_labels):
    hu, labels = hu_and_labels
    volume = mrml.volume(hu)
    scan = scan_of_volume_node(volume)
    protocol = protocol_named("hong2022").with_settings(["mass_factor=0.8"])
    scored = scored_scan(scan, protocol, labels, signed_off=True)
    node = mrml.add("Table")
    assert score_table(mrml.scene, volume) is None
    scores_to_table(scored, node, volume)

    assert score_table(mrml.scene, volume) is node
    assert score_table(mrml.scene, mrml.volume(hu)) is None
    table = node.GetTable()
    # no model ran
    shown = [name for name in COLUMN_TITLES if name not in ("passes_low", "passes_high", "uncertainty")]
    assert [table.GetColumnName(column) for column in range(table.GetNumberOfColumns())] == shown
    assert node.GetColumnTitle("volume_mm3") == "Volume mm³"
    names = [node.GetCellText(row, 0) for row in range(node.GetNumberOfRows())]
    assert names == [*scored.scores.arteries, "Total"]
    assert {"LAD", "LCX", "RCA", "LM"} == set(names[:-1])
    for row, each in enumerate([*scored.scores.arteries.values(), scored.scores.total]):
        for measure in ("agatston", "volume_mm3", "mass_mg", "density", "lesions"):
            assert table.GetColumnByName(measure).GetValue(row) == getattr(each, measure)
        assert table.GetColumnByName("review").GetValue(row) == "reviewed, 12 of 12 slices"
        assert table.GetColumnByName("protocol").GetValue(row) == "hong2022 (changed)"
    last = node.GetNumberOfRows() - 1
    assert table.GetColumnByName("risk_category").GetValue(last) == scored.risk_category
    assert table.GetColumnByName("warnings").GetValue(last).split(WARNINGS_APART) == [
        each.message for each in scan.warnings
    ]


def test_table_of_an_unreviewed_scan_holds_no_number(mrml, hu_and_labels):
    hu, labels = hu_and_labels
    volume = mrml.volume(hu)
    scan = scan_of_volume_node(volume)
    node = mrml.add("Table")
    scores_to_table(scored_scan(scan, ScoringProtocol(), labels), node, volume)
    scores_to_table(scored_scan(scan, ScoringProtocol()), node, volume)
    assert node.GetColumnIndex("mass_mg") == -1
    assert node.GetNumberOfRows() == 4
    for row in range(4):
        assert node.GetCellText(row, node.GetColumnIndex("agatston")) == "nan"
        assert node.GetCellText(row, node.GetColumnIndex("review")) == "not reviewed, 0 of 12 slices"
    assert node.GetCellText(3, node.GetColumnIndex("risk_category")) == ""


def test_nothing_but_numpy_and_scipy_is_needed():
    code = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"pydicom", "typer", "rich", "matplotlib", "skimage", "jinja2", "torch"}:
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Absent())
import CACScoringLib.scene.volumes, CACScoringLib.scene.results, CACScoringLib.scene.comparison
import CACScoringLib.scene.clipboard_text, CACScoringLib.scene.label_search
import CACAnnotationLib.scene, CACAnnotationLib.point_labels
from CACScoringLib.scoring.scored_scan import scored_scan
from CACScoringLib.scoring.protocol import PRESETS
import numpy, vtk, slicer
image = vtk.vtkImageData()
image.SetDimensions(30, 30, 4)
image.AllocateScalars(vtk.VTK_SHORT, 1)
image.GetPointData().GetScalars().Fill(300)
volume = slicer.vtkMRMLScalarVolumeNode()
volume.SetAndObserveImageData(image)
scan = CACScoringLib.scene.volumes.scan_of_volume_node(volume)
scored = scored_scan(scan, PRESETS["agatston"], numpy.full((4, 30, 30), 2, "uint8"))
assert scored.scores.total.lesions == 1 and scan.warnings
"""
    run = subprocess.run([sys.executable, "-c", code], text=True, capture_output=True, check=False)
    assert run.returncode == 0, run.stderr
