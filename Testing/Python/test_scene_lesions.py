"""Lesions and scores in tables of real Slicer core, saved and opened again."""

from __future__ import annotations

import numpy as np
import pytest
from CACScoringLib.scene.lesion_table import (
    LESION_TITLES,
    ensured_lesion_table,
    lesion_table,
    lesions_of_table,
    lesions_to_table,
)
from CACScoringLib.scene.score_table import (
    ensured_score_table,
    score_table,
    scored_labels,
    scores_to_table,
)
from CACScoringLib.scene.segmentations import show_labels
from CACScoringLib.scene.tables import read_column
from CACScoringLib.scene.volumes import scan_of_volume_node
from CACScoringLib.scoring.protocol import ScoringProtocol, protocol_named
from CACScoringLib.scoring.scored_scan import scored_scan
from saved_scenes import reopened, save_bundle
from scene_nodes import Scene
from volumes import random_scan

DISTRIBUTION = {
    "passes": 4,
    "total": {
        "median": 55.0,
        "interval": [40.0, 90.0],
        "zero_probability": 0.25,
        "agatston": [0, 40, 70, 90],
    },
    "arteries": {
        "LAD": {"interval": [30.0, 60.0]},
        "LCX": {"interval": [0.0, 0.0]},
        "RCA": {"interval": [1.0, 9.0]},
    },
    "risk": {"scheme": "standard", "probabilities": {"0": 0.25, "(10,100]": 0.75}},
}


@pytest.fixture
def mrml() -> Scene:
    return Scene()


def scored_volume(mrml: Scene, protocol: ScoringProtocol = ScoringProtocol(), name: str = "CT"):
    scan, labels = random_scan(3)
    volume = mrml.volume(scan.hu)
    volume.SetName(name)
    return volume, scored_scan(scan_of_volume_node(volume), protocol, labels)


@pytest.mark.parametrize("factor", [None, 0.8])
def test_lesions_stand_in_the_table_largest_first(mrml, factor):
    settings = [] if factor is None else [f"mass_factor={factor}"]
    volume, scored = scored_volume(mrml, protocol_named("hong2022").with_settings(settings))
    assert lesion_table(mrml.scene, volume) is None
    table = ensured_lesion_table(mrml.scene, volume)
    lesions_to_table(scored.scores, table)

    assert lesion_table(mrml.scene, volume) is table
    titles = [table.GetColumnTitle(table.GetColumnName(each)) for each in range(table.GetNumberOfColumns())]
    assert titles == [title for name, title in LESION_TITLES.items() if factor or name != "mass_mg"]
    shown = lesions_of_table(table)
    assert [each.agatston for each in shown] == sorted((each.agatston for each in shown), reverse=True)
    by_id = {each.id: each for each in scored.scores.lesions}
    assert len(shown) == len(by_id) > 3
    for each in shown:
        lesion = by_id[each.lesion]
        assert (each.artery, each.agatston, each.mass_mg) == (lesion.artery, lesion.agatston, lesion.mass_mg)
        assert each.slices == (lesion.slices[0] + 1, lesion.slices[1] + 1)
        assert each.centre_ras_mm == lesion.centroid_ras_mm


def test_scan_without_scores_has_an_empty_table(mrml, tmp_path):
    volume, scored = scored_volume(mrml)
    table = ensured_lesion_table(mrml.scene, volume)
    lesions_to_table(scored.scores, table)
    lesions_to_table(None, table)
    assert lesions_of_table(table) == []
    again = reopened(mrml, tmp_path)
    assert lesions_of_table(lesion_table(again.scene, again.scene.GetFirstNodeByName("CT"))) == []


def test_results_of_a_saved_scene_are_there_again(mrml, tmp_path):
    first, scored = scored_volume(mrml, name="first")
    scored_volume(mrml, name="second")
    segmentation = mrml.add("Segmentation")
    segmentation.SetName("labels")
    labels = random_scan(3)[1]
    show_labels(labels, scored.scan.geometry, segmentation, first, mrml.segmentations)
    table, lesions = ensured_score_table(mrml.scene, first), ensured_lesion_table(mrml.scene, first)
    scores_to_table(scored, table, first, segmentation, DISTRIBUTION)
    lesions_to_table(scored.scores, lesions)

    again = reopened(mrml, tmp_path)
    volume, other = (again.scene.GetFirstNodeByName(name) for name in ("first", "second"))
    found = score_table(again.scene, volume)
    assert scored_labels(found).GetName() == "labels"
    assert score_table(again.scene, other) is None
    for name in ("artery", "review", "protocol", "risk_category", "uncertainty", "warnings"):
        assert read_column(found, name) == read_column(table, name)
        assert found.GetColumnTitle(name) == table.GetColumnTitle(name)
    for name in ("agatston", "volume_mm3", "density", "lesions", "passes_low"):
        assert read_column(found, name) == pytest.approx(read_column(table, name), rel=1e-5)
    # a warning each, though a line break in a cell would lose the whole table
    assert len(scored.scan.warnings) > 1
    for saved, shown in zip(
        lesions_of_table(lesion_table(again.scene, volume)), lesions_of_table(lesions), strict=True
    ):
        assert (saved.lesion, saved.artery, saved.slices) == (shown.lesion, shown.artery, shown.slices)
        np.testing.assert_allclose(saved.centre_ras_mm, shown.centre_ras_mm, rtol=1e-5)


def test_scene_that_is_added_to_another_brings_results_of_its_own(mrml, tmp_path):
    volume, scored = scored_volume(mrml)
    scores_to_table(scored, ensured_score_table(mrml.scene, volume), volume)
    bundle = save_bundle(mrml.scene, tmp_path)
    nothing = scored_scan(scored.scan, ScoringProtocol())
    scores_to_table(nothing, score_table(mrml.scene, volume), volume)
    # Its volume and table have ids that are taken here.
    assert mrml.scene.ReadFromMRB(bundle, False)
    volumes = mrml.scene.GetNodesByClass("vtkMRMLScalarVolumeNode")
    volumes.UnRegister(None)
    assert volumes.GetNumberOfItems() == 2
    tables = [score_table(mrml.scene, volumes.GetItemAsObject(number)) for number in range(2)]
    assert [read_column(table, "agatston")[-1] is None for table in tables] == [True, False]


def test_not_known_is_not_zero_after_saving_either(mrml, tmp_path):
    volume, scored = scored_volume(mrml)
    scores_to_table(
        scored_scan(scored.scan, ScoringProtocol()), ensured_score_table(mrml.scene, volume), volume
    )
    again = reopened(mrml, tmp_path)
    table = score_table(again.scene, again.scene.GetFirstNodeByName("CT"))
    assert read_column(table, "agatston") == [None] * 4
    assert read_column(table, "review") == ["not reviewed, 0 of 12 slices"] * 4


def test_uncertainty_stands_beside_each_artery(mrml):
    volume, scored = scored_volume(mrml)
    table = ensured_score_table(mrml.scene, volume)
    scores_to_table(scored, table, volume, distribution=DISTRIBUTION)
    assert read_column(table, "passes_low") == [30, 0, 1, 40]
    assert read_column(table, "passes_high") == [60, 0, 9, 90]
    assert read_column(table, "uncertainty")[-1] == (
        "4 passes of the model: median 55, nine in ten between 40 and 90; "
        "risk category (10,100] in 75%, zero in 25%"
    )
    scores_to_table(scored, table, volume)
    assert read_column(table, "passes_low") == []
