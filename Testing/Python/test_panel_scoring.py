"""The panel of CAC Scoring in a window, driven by mouse and keyboard."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from CACScoringLib.open_readings import open_readings
from CACScoringLib.schemes import label_scheme
from CACScoringLib.scoring.review import ReviewState
from plain_reading import PlainReading
from session_samples import open_session
from volumes import blocks

if TYPE_CHECKING:
    from SlicerStandIn import StandIn

MODULE = Path(__file__).parents[2] / "CACScoring" / "CACScoring.py"
LAD, LCX, RCA = (label_scheme()[name].value for name in ("LAD", "LCX", "RCA"))
IJK_TO_RAS = np.diag([-1.0, -1.0, 3.0, 1.0])


@pytest.fixture(scope="module")
def running(display: str) -> Iterator[StandIn]:
    from SlicerStandIn import start

    stand_in = start(MODULE, size=(1300, 1000))
    yield stand_in
    stand_in.stop()
    assert stand_in.errors == []


@pytest.fixture
def desk(running: StandIn) -> Iterator[Desk]:
    """An empty scene with the panel open."""
    desk = Desk(running)
    yield desk
    desk.tidy()
    assert running.errors == []


class Desk:
    """The panel, and what tests put into the scene."""

    def __init__(self, stand_in: StandIn) -> None:
        self.stand_in, self.hands, self.dialogs = stand_in, stand_in.hands, stand_in.dialogs
        self.dialogs.clear()
        self.widget = stand_in.open_module("CACScoring")
        self._read: list[str] = []

    @property
    def ui(self):
        return self.widget.ui

    def tidy(self) -> None:
        for volume_id in self._read:
            open_readings.end(volume_id)
        self.stand_in.close_scene()
        for section in ("plots", "compare", "export", "settings"):
            getattr(self.ui, f"{section}CollapsibleButton").collapsed = True

    def volume(self, name: str = "CT"):
        """Three lesions of 300, 450 and 250 HU in slices 1 and 2, 3 and 4."""
        import slicer

        return slicer.util.addVolumeFromArray(three_lesions(), ijkToRAS=IJK_TO_RAS, name=name)

    def segmentation(self, volume, labels, name: str = "labels"):
        import slicer

        node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", name)
        self.write(node, volume, labels)
        return node

    def write(self, node, volume, labels) -> None:
        import slicer
        from CACScoringLib.scene.segmentations import show_labels
        from CACScoringLib.scene.volumes import scan_of_volume_node

        logic = slicer.modules.segmentations.logic()
        show_labels(labels, scan_of_volume_node(volume).geometry, node, volume, logic)

    def read(self, volume, labels, signed_off: int = 0) -> PlainReading:
        """Open a reading of a volume."""
        from CACScoringLib.scene.volumes import scan_of_volume_node

        reading = PlainReading(scan_of_volume_node(volume), labels, signed_off)
        open_readings.begin(volume.GetID(), reading)
        self._read.append(volume.GetID())
        return reading

    def settle(self) -> None:
        """Let what is coalesced happen."""
        self.hands.settle(400)

    def choose(self, volume) -> None:
        self.hands.choose(self.ui.volumeSelector, volume.GetName())
        self.settle()

    def cells(self, table, column: int = 0) -> list[str]:
        return [table.item(row, column).text() for row in range(table.rowCount)]

    def wait_for_export(self) -> str:
        for _ in range(300):
            if "…" not in self.ui.exportStatusLabel.text:
                break
            self.hands.settle(100)
        return self.ui.exportStatusLabel.text


def three_lesions():
    return blocks(
        (6, 24, 24),
        (slice(1, 3), slice(3, 6), slice(3, 6), 300),
        (3, slice(12, 15), slice(12, 15), 450),
        (4, slice(18, 20), slice(4, 6), 250),
    )


def labels_of(first: int = LAD, second: int = LCX, third: int = RCA):
    hu = three_lesions()
    labels = np.zeros(hu.shape, np.uint8)
    for value, label in ((300, first), (450, second), (250, third)):
        labels[hu == value] = label
    return labels


def test_opening_shows_what_is_there(desk):
    volume = desk.volume()
    desk.segmentation(volume, labels_of())
    desk.choose(volume)
    ui = desk.ui
    # 2 x 9 mm² of weight 3, 9 mm² of weight 4, 4 mm² of weight 2
    assert ui.totalLabel.text == "98.0"
    assert ui.stateLabel.text == "Reviewed: all 6 slices signed off"
    assert ui.riskLabel.text == "Risk category (10,100] (standard)"
    assert desk.cells(ui.scoresTable) == ["LAD", "LCX", "RCA", "Total"]
    assert desk.cells(ui.scoresTable, 1) == ["54.0", "36.0", "8.0", "98.0"]
    assert desk.cells(ui.lesionsTable) == ["LAD", "LCX", "RCA"]
    assert "CAC Annotation" in ui.lesionsTable.item(0, 0).toolTip()
    assert "For research use only" in ui.researchUseLabel.text
    assert ui.researchUseLabel.visible


def test_scores_follow_the_segmentation(desk):
    volume = desk.volume()
    node = desk.segmentation(volume, labels_of())
    desk.choose(volume)
    desk.write(node, volume, labels_of(third=0))
    desk.settle()
    ui = desk.ui
    assert ui.totalLabel.text == "90.0"
    assert ui.stateLabel.text == "Preliminary: 5 of 6 slices signed off"
    # nothing in the RCA, but not every slice is signed off
    assert desk.cells(ui.scoresTable, 1)[2] == "–"  # noqa: RUF001
    assert "not a zero" in ui.scoresTable.item(2, 1).toolTip()
    desk.write(node, volume, labels_of(third=1))
    desk.settle()
    assert desk.cells(ui.scoresTable, 1)[2] == "0"


def test_no_labels_is_no_score(desk):
    volume = desk.volume()
    desk.choose(volume)
    ui = desk.ui
    assert ui.totalLabel.text == "–"  # noqa: RUF001
    assert ui.stateLabel.text == "No score yet, which is not a zero: 0 of 6 slices signed off"
    assert "choose labels" in ui.sourceLabel.text
    assert ui.riskLabel.text == ""
    # and again, though there is a table now
    desk.widget.panel.refresh()
    assert "choose labels" in ui.sourceLabel.text


def test_click_and_arrow_keys_jump_to_a_lesion(desk):
    import slicer

    volume = desk.volume()
    desk.segmentation(volume, labels_of())
    desk.choose(volume)
    slicer.util.setSliceViewerLayers(background=volume, fit=True)
    red = slicer.app.layoutManager().sliceWidget("Red").mrmlSliceNode()
    desk.hands.click_cell(desk.ui.lesionsTable, 1, 2)
    assert red.GetSliceOffset() == pytest.approx(9)
    desk.hands.press("Down", on=desk.ui.lesionsTable)
    assert red.GetSliceOffset() == pytest.approx(12)


def test_artery_is_corrected_in_the_row_and_undone_by_the_reading(desk):
    volume = desk.volume()
    reading = desk.read(volume, labels_of())
    desk.choose(volume)
    ui = desk.ui
    assert "Anna" in ui.sourceLabel.text
    assert not ui.labelsSelector.enabled
    desk.hands.click_cell(ui.lesionsTable, 1, 0)
    choose_from_menu(desk, "RCA")
    desk.settle()
    assert (reading.counted == RCA).sum() == 9 + 4
    assert desk.cells(ui.lesionsTable, 1) == ["54.0", "36.0", "8.0"]
    assert [each[:3] for each in desk.cells(ui.lesionsTable)] == ["LAD", "RCA", "RCA"]
    assert desk.cells(ui.scoresTable, 1)[:3] == ["54.0", "–", "44.0"]  # noqa: RUF001
    # the row stays selected, so the keyboard goes on from there
    desk.hands.press("2", on=ui.lesionsTable)
    desk.settle()
    assert desk.cells(ui.scoresTable, 1)[:2] == ["90.0", "–"]  # noqa: RUF001
    reading.undo()
    reading.undo()
    desk.settle()
    assert desk.cells(ui.scoresTable, 1)[:3] == ["54.0", "36.0", "8.0"]


def test_correction_is_an_action_of_the_session(desk, tmp_path):
    import slicer
    from CACAnnotationLib.controls.live_reading import LiveReading
    from CACScoringLib.scene.volumes import scan_of_volume_node

    volume = desk.volume()
    session = open_session(tmp_path, scan_of_volume_node(volume))
    for ijk, artery in (((4, 4, 1), "LAD"), ((13, 13, 3), "LCX")):
        session.calcium.click(ijk, artery)
    open_readings.begin(
        volume.GetID(), LiveReading(session, SimpleNamespace(score_distribution=None), "Anna")
    )
    desk.choose(volume)
    desk.hands.click_cell(desk.ui.lesionsTable, 1, 2)
    desk.hands.press("4", on=desk.ui.lesionsTable)
    desk.settle()
    assert desk.cells(desk.ui.scoresTable, 1)[::2] == ["54.0", "36.0"]
    session.undo()
    desk.settle()
    assert desk.cells(desk.ui.scoresTable, 1)[:2] == ["54.0", "36.0"]
    assert slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLTableNode") == 2
    open_readings.end(volume.GetID())


def choose_from_menu(desk, text: str) -> None:
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QApplication

    menu = QApplication.activePopupWidget()
    action = next(each for each in menu.actions() if text in each.text())
    place = menu.actionGeometry(action).center()
    QTest.mouseClick(menu, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
    desk.hands.settle()


def test_correction_that_cannot_be_stored_is_said_and_changes_nothing(desk):
    volume = desk.volume()
    reading = desk.read(volume, labels_of())
    desk.choose(volume)
    reading.broken = "the disk is full; make room and go on"
    desk.hands.click_cell(desk.ui.lesionsTable, 0, 2)
    desk.hands.press("3", on=desk.ui.lesionsTable)
    assert desk.dialogs.texts("error") == ["The disk is full; make room and go on."]
    assert desk.cells(desk.ui.scoresTable, 1)[0] == "54.0"


def test_row_that_is_out_of_date_corrects_nothing(desk):
    volume = desk.volume()
    reading = desk.read(volume, labels_of())
    desk.choose(volume)
    desk.hands.click_cell(desk.ui.lesionsTable, 1, 2)
    # The labelling panel changes the same lesion, and before that is shown the reader gives another artery.
    reading.counted[reading.counted == LCX] = RCA
    desk.hands.press("2", on=desk.ui.lesionsTable)
    assert (reading.counted == RCA).sum() == 9 + 4


def test_reading_comes_and_goes(desk):
    volume = desk.volume()
    desk.segmentation(volume, labels_of())
    desk.choose(volume)
    reading = desk.read(volume, labels_of(second=0, third=0), signed_off=2)
    desk.settle()
    assert desk.ui.totalLabel.text == "54.0"
    assert desk.ui.stateLabel.text == "Preliminary: 2 of 6 slices signed off"
    reading.score_distribution = {
        "passes": 2,
        "total": {"median": 60, "interval": [50, 70], "zero_probability": 0.0, "agatston": [50, 70]},
        "arteries": {},
        "risk": {"scheme": "standard", "probabilities": {"(10,100]": 1.0}},
    }
    reading.tell()
    desk.settle()
    assert desk.ui.uncertaintyLabel.text.startswith("2 passes of the model: median 60")
    assert "risk category (10,100] in 100%" in desk.ui.uncertaintyLabel.text
    assert desk.cells(desk.ui.scoresTable, 5)[-1] == "50–70"  # noqa: RUF001
    open_readings.end(volume.GetID())
    desk.settle()
    assert desk.ui.totalLabel.text == "98.0"
    assert desk.ui.labelsSelector.enabled
    assert reading.listeners == []


def test_scores_of_a_reading_stay_when_it_is_closed_without_labels(desk):
    volume = desk.volume()
    desk.read(volume, labels_of(), signed_off=6)
    desk.choose(volume)
    open_readings.end(volume.GetID())
    desk.settle()
    assert desk.ui.totalLabel.text == "98.0"
    assert "scored last" in desk.ui.sourceLabel.text
    assert not desk.ui.csvButton.enabled
    assert desk.ui.copyButton.enabled


def test_protocol_is_set_from_the_panel_and_taken_from_the_reading(desk):
    volume = desk.volume()
    reading = desk.read(volume, labels_of())
    desk.choose(volume)
    ui = desk.ui
    desk.stand_in.click("settingsCollapsibleButton")
    desk.hands.type(ui.thresholdSpinBox, "280", enter=True)
    desk.settle()
    assert reading.protocol.threshold_hu == 280
    assert ui.totalLabel.text == "90.0"
    assert "280 HU is not the protocol's threshold, 130 HU" in ui.settingsWarningLabel.text
    desk.stand_in.click("resetThresholdButton")
    desk.settle()
    assert reading.protocol.threshold_hu == 130
    assert not ui.settingsWarningLabel.visible
    reading.protocol = reading.protocol.adjusted(threshold_hu=150.0)
    desk.settle()
    assert ui.thresholdSpinBox.value == 150
    assert reading.protocol.threshold_hu == 150


def test_protocol_brings_its_settings_but_the_mass_factor_stays(desk):
    volume = desk.volume()
    desk.segmentation(volume, labels_of())
    desk.choose(volume)
    ui = desk.ui
    desk.stand_in.click("settingsCollapsibleButton")
    desk.hands.type(ui.massFactorSpinBox, "0.8", enter=True)
    desk.settle()
    assert ui.scoresTable.columnCount == 6
    desk.hands.choose(ui.protocolComboBox, "mtal2022 (> 130 HU)")
    desk.settle()
    parameters = desk.widget.logic.getParameterNode()
    assert (parameters.protocol, parameters.riskScheme, parameters.massFactor) == ("mtal2022", "mtal", 0.8)
    assert ui.riskLabel.text == "Risk category (0,100) (mtal)"
    desk.hands.choose(
        ui.riskSchemeComboBox, next(each for each in entries(ui.riskSchemeComboBox) if "drs" in each)
    )
    desk.settle()
    assert ui.riskLabel.text == "Risk category A1/N3 (cac-drs)"


def test_wheel_scrolls_past_the_settings(desk):
    desk.stand_in.click("settingsCollapsibleButton")
    ui = desk.ui
    for widget, held in ((ui.thresholdSpinBox, 130), (ui.massFactorSpinBox, 0)):
        desk.hands.wheel(widget, 3)
        assert widget.value == held
    for combo in (ui.protocolComboBox, ui.riskSchemeComboBox):
        desk.hands.wheel(combo, -3)
        assert combo.currentIndex == 0


def entries(combo) -> list[str]:
    return [combo.itemText(index) for index in range(combo.count)]


def test_second_reading_beside_the_first(desk):
    volume = desk.volume()
    desk.segmentation(volume, labels_of(), "Anna")
    second = desk.segmentation(volume, labels_of(second=RCA, third=1), "Ben")
    desk.choose(volume)
    ui = desk.ui
    desk.stand_in.click("compareCollapsibleButton")
    desk.hands.choose(ui.secondLabelsSelector, "Ben")
    desk.settle()
    assert ui.comparisonLabel.text.splitlines()[1].startswith("Second, Ben: Agatston 90.0")
    assert desk.cells(ui.placesTable) == ["Another artery", "Only in the first"]
    assert "F1 by lesion" in desk.cells(ui.agreementTable)
    import slicer
    from CACScoringLib.scene.differences import find_differences

    differences = find_differences(slicer.mrmlScene, volume)
    assert differences.GetDisplayNode().GetVisibility()
    assert second.GetDisplayNode().GetOpacity2DFill() == 0
    desk.stand_in.click("differencesCheckBox")
    desk.settle()
    assert not differences.GetDisplayNode().GetVisibility()
    desk.write(second, volume, labels_of())
    desk.settle()
    assert ui.placesLabel.text == "No voxel differs"
    desk.widget.logic.getParameterNode().secondLabels = None
    desk.settle()
    assert second.GetDisplayNode().GetOpacity2DFill() > 0
    desk.widget.logic.getParameterNode().secondLabels = second
    desk.settle()
    slicer.mrmlScene.RemoveNode(second)
    desk.settle()
    assert not ui.agreementTable.visible


def test_labels_of_another_volume_are_said_to_be_so(desk):
    volume = desk.volume()
    labels = desk.segmentation(volume, labels_of(), "Anna")
    desk.choose(volume)
    import slicer

    thicker = np.diag([-1.0, -1.0, 5.0, 1.0])
    other = slicer.util.addVolumeFromArray(three_lesions(), ijkToRAS=thicker, name="other")
    desk.choose(other)
    # those of the first volume were given up
    assert desk.widget.logic.getParameterNode().labels is None
    desk.hands.choose(desk.ui.labelsSelector, "Anna")
    desk.settle()
    assert "grid" in desk.ui.problemLabel.text
    assert desk.ui.problemLabel.visible
    assert desk.ui.totalLabel.text == "–"  # noqa: RUF001
    assert desk.dialogs.shown == []
    desk.choose(volume)
    assert desk.widget.logic.getParameterNode().labels is labels
    assert desk.ui.totalLabel.text == "98.0"
    assert not desk.ui.problemLabel.visible


def test_two_volumes_keep_their_results(desk):
    first, second = desk.volume("first"), desk.volume("second")
    desk.segmentation(first, labels_of(), "Anna")
    desk.segmentation(second, labels_of(third=1), "Ben")
    for volume, total in ((first, "98.0"), (second, "90.0"), (first, "98.0")):
        desk.choose(volume)
        assert desk.ui.totalLabel.text == total
    import slicer
    from CACScoringLib.scene.score_table import score_table
    from CACScoringLib.scene.tables import read_column

    totals = [read_column(score_table(slicer.mrmlScene, each), "agatston")[-1] for each in (first, second)]
    assert totals == [98, 90]


def test_charts_are_shown_beside_the_images(desk):
    import slicer
    from CACScoringLib.scene.tables import read_column

    volume = desk.volume()
    desk.segmentation(volume, labels_of())
    desk.choose(volume)
    layout = slicer.app.layoutManager().layout
    selection = slicer.app.applicationLogic().GetSelectionNode()
    desk.stand_in.click("plotsCollapsibleButton")
    for button in ("arteryChartButton", "histogramButton"):
        desk.stand_in.click(button)
        chart = slicer.mrmlScene.GetNodeByID(selection.GetActivePlotChartID())
        assert chart.GetNumberOfPlotSeriesNodes() > 0
        assert slicer.app.layoutManager().layout == slicer.vtkMRMLLayoutNode.SlicerLayoutFourUpPlotView
    desk.segmentation(volume, labels_of(third=1), "Ben")
    desk.widget.logic.getParameterNode().secondLabels = slicer.util.getNode("Ben")
    desk.settle()
    desk.stand_in.click("arteryChartButton")
    chart = slicer.mrmlScene.GetNodeByID(selection.GetActivePlotChartID())
    assert read_column(chart.GetNthPlotSeriesNode(2).GetTableNode(), "RCA") == [8, 0]
    desk.stand_in.click("viewsButton")
    assert slicer.app.layoutManager().layout == layout


def test_files_are_written(desk, tmp_path):
    volume = desk.volume("Scan/7")
    desk.segmentation(volume, labels_of())
    desk.choose(volume)
    desk.stand_in.click("exportCollapsibleButton")
    desk.dialogs.answer(str(tmp_path / "scores"))
    desk.stand_in.click("csvButton")
    (row,) = csv.DictReader((tmp_path / "scores.csv").open(encoding="utf-8"))
    assert (row["scan"], row["total_agatston"], row["review"]) == (
        "Scan/7",
        "98.0",
        "reviewed, 6 of 6 slices",
    )
    desk.hands.type(desk.ui.reportTitleLineEdit, "Patient A", enter=True)
    desk.dialogs.answer(str(tmp_path / "scores.json"))
    desk.stand_in.click("jsonButton")
    assert json.loads((tmp_path / "scores.json").read_text(encoding="utf-8"))["total"]["agatston"] == 98
    for button, begin in (("pdfButton", b"%PDF"), ("htmlButton", b"<!DOCTYPE html>")):
        path = tmp_path / f"report.{button[: -len('Button')]}"
        desk.dialogs.answer(str(path))
        desk.stand_in.click(button)
        assert "Making the report" in desk.ui.exportStatusLabel.text
        assert not desk.ui.pdfButton.enabled
        assert desk.wait_for_export() == f"Written: {path}"
        assert path.read_bytes().lower().startswith(begin.lower())
        assert desk.ui.pdfButton.enabled
    assert "Patient A" in (tmp_path / "report.html").read_text(encoding="utf-8")
    desk.stand_in.click("copyButton")
    from PySide6.QtWidgets import QApplication

    assert "Total\t98" in QApplication.clipboard().text()
    assert desk.dialogs.texts("error") == []


def test_file_that_cannot_be_written_is_an_error_in_words(desk, tmp_path):
    volume = desk.volume()
    desk.segmentation(volume, labels_of())
    desk.choose(volume)
    desk.stand_in.click("exportCollapsibleButton")
    (tmp_path / "file").write_text("")
    for button, name in (("csvButton", "scores.csv"), ("pdfButton", "report.pdf")):
        desk.dialogs.answer(str(tmp_path / "file" / name))
        desk.stand_in.click(button)
        desk.wait_for_export()
    assert [each.split(":")[0].split("/")[0] for each in desk.dialogs.texts("error")] == [
        "Cannot write ",
        "The report was not written",
    ]
    desk.dialogs.clear()
    # Cancel writes nothing and says nothing.
    desk.stand_in.click("csvButton")
    assert desk.dialogs.texts("error") == []


def test_report_without_its_packages_asks_first(desk):
    volume = desk.volume()
    desk.segmentation(volume, labels_of())
    desk.choose(volume)
    desk.stand_in.packages.missing.add("matplotlib")
    desk.stand_in.click("exportCollapsibleButton")
    desk.dialogs.answer(False)
    desk.stand_in.click("pdfButton")
    assert desk.dialogs.texts("question")[0].startswith("Making a report needs matplotlib>=")
    assert len(desk.dialogs.shown) == 1
    desk.stand_in.packages.clear()


def test_scene_may_close_at_any_time(desk):
    volume = desk.volume()
    node = desk.segmentation(volume, labels_of())
    reading = desk.read(volume, labels_of())
    desk.choose(volume)
    desk.write(node, volume, labels_of(third=0))
    reading.tell()
    # A change is about to be told of.
    assert desk.widget.panel._followed.is_due()
    open_readings.end(volume.GetID())
    desk.stand_in.close_scene()
    desk.settle()
    assert desk.ui.totalLabel.text == "–"  # noqa: RUF001
    assert desk.ui.scoresTable.rowCount == 0
    assert not desk.ui.csvButton.enabled
    # and the panel goes on with the next scan
    volume = desk.volume("next")
    desk.segmentation(volume, labels_of())
    desk.choose(volume)
    assert desk.ui.totalLabel.text == "98.0"


def test_leaving_and_coming_back(desk):
    volume = desk.volume()
    node = desk.segmentation(volume, labels_of())
    desk.choose(volume)
    desk.stand_in.window.leave_module()
    desk.write(node, volume, labels_of(third=1))
    desk.settle()
    assert desk.ui.totalLabel.text == "98.0"
    desk.stand_in.open_module("CACScoring")
    desk.settle()
    assert desk.ui.totalLabel.text == "90.0"


def test_reading_is_followed_while_the_labelling_module_is_open(desk):
    import slicer
    from CACScoringLib.scene.score_table import score_table
    from CACScoringLib.scene.tables import read_column

    volume = desk.volume()
    reading = desk.read(volume, labels_of())
    desk.choose(volume)
    desk.stand_in.window.leave_module()
    reading.counted[reading.counted == RCA] = 1
    reading.review = ReviewState(6, 1)
    reading.tell()
    desk.settle()
    assert read_column(score_table(slicer.mrmlScene, volume), "agatston")[-1] == 90
    desk.stand_in.open_module("CACScoring")


def test_saved_scene_shows_its_results_again(desk, tmp_path):
    import slicer
    from saved_scenes import save_bundle

    volume = desk.volume()
    reading = desk.read(volume, labels_of(), signed_off=6)
    desk.choose(volume)
    desk.stand_in.click("settingsCollapsibleButton")
    desk.hands.type(desk.ui.massFactorSpinBox, "0.8", enter=True)
    desk.settle()
    assert reading.protocol.mass_factor == 0.8
    lesions = [desk.cells(desk.ui.lesionsTable, column) for column in range(1, 7)]
    bundle = save_bundle(slicer.mrmlScene, tmp_path)
    open_readings.end(volume.GetID())
    desk.stand_in.close_scene()
    assert desk.ui.totalLabel.text == "–"  # noqa: RUF001
    slicer.mrmlScene.ReadFromMRB(bundle)
    desk.settle()
    assert desk.ui.volumeSelector.currentNode().GetName() == "CT"
    assert desk.ui.totalLabel.text == "98.0"
    assert desk.ui.stateLabel.text == "Reviewed: all 6 slices signed off"
    assert [desk.cells(desk.ui.lesionsTable, column) for column in range(1, 7)] == lesions
    assert desk.ui.massFactorSpinBox.value == 0.8


def test_reload_leaves_no_observer_behind(desk):
    import slicer

    volume = desk.volume()
    node = desk.segmentation(volume, labels_of())
    desk.choose(volume)
    listening = len(open_readings._listeners)
    counts = [observers(each) for each in (slicer.mrmlScene, volume)]
    for _ in range(2):
        desk.widget = desk.stand_in.reload_module("CACScoring")
        desk.settle()
        assert desk.ui.totalLabel.text == "98.0"
        assert [observers(each) for each in (slicer.mrmlScene, volume)] == counts
        assert len(open_readings._listeners) == listening
    # One change of the labels is scored once.
    scored = []
    desk.widget.logic.result = lambda *given, result=desk.widget.logic.result: (
        scored.append(1) or result(*given)
    )
    desk.write(node, volume, labels_of(third=0))
    desk.settle()
    assert len(scored) == 1
    followed, gone = desk.widget.panel._followed, desk.widget
    desk.widget = desk.stand_in.reload_module("CACScoring")
    assert list(followed.Observations) == list(gone.Observations) == []


def observers(thing) -> int:
    """Number of observers of a VTK object, as it prints them."""
    return str(thing).count("vtkObserver (")


def test_self_test_passes(desk):
    import slicer

    slicer.selfTests["CACScoring"]()


def test_sample_data_is_registered(desk):
    from SlicerStandIn.install import SampleDataLogic

    sources = [each for each in SampleDataLogic.sources if each["category"] == "CoronaryCalcium"]
    assert len(sources) >= 2
    for source in sources:
        assert Path(source["thumbnailFileName"]).is_file()
        assert callable(source["customDownloader"])
