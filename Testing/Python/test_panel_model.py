"""A model asked from the panel of CAC Annotation, in a process of its own."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from annotation_desk import LAD, LCX, LONG, OTHER, SMALL, AnnotationDesk
from CACScoringLib.model.store import Model, save_model
from prediction_models import lad_everywhere, small_model


def saved(model: Model, folder: Path) -> Path:
    save_model(folder, model.network, model.config, {"summary": "for tests"})
    return folder


@pytest.fixture(scope="module")
def sure(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved(lad_everywhere(), tmp_path_factory.mktemp("models") / "sure")


@pytest.fixture(scope="module")
def unsure(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved(small_model(), tmp_path_factory.mktemp("models") / "unsure")


def choose(desk: AnnotationDesk, model: Path) -> None:
    desk.ui.modelSection.collapsed = False
    desk.dialogs.answer(str(model))
    desk.hands.click(desk.ui.modelFolderButton)
    assert desk.ui.modelCombo.currentText == model.name


def wait(desk: AnnotationDesk) -> None:
    desk.hands.wait_for(lambda: not desk.scan.model.busy, 90)
    desk.hands.settle()


def test_scan_is_proposed_accepted_and_undone(desk: AnnotationDesk, sure: Path) -> None:
    desk.click(SMALL)
    desk.key("z", held="ctrl")
    desk.key("3")
    desk.click(SMALL)
    choose(desk, sure)
    desk.hands.click(desk.ui.proposeScanButton)
    assert desk.scan.model.busy
    assert desk.ui.cancelModelButton.enabled
    assert not desk.ui.proposeScanButton.enabled
    desk.key("n")
    wait(desk)
    assert desk.ui.deviceLabel.text == "in use: cpu"
    assert "accept, correct or reject" in desk.message
    assert desk.label(LONG) == 0, "a proposal is no label"
    desk.go(LONG)
    assert desk.scan.nodes.proposal.maps[0].node.GetDisplayNode().GetVisibility()
    desk.hands.click(desk.ui.acceptScanButton)
    assert (desk.label(LONG), desk.label(SMALL)) == (LAD, LCX), "what the reader said stays"
    origin = desk.scan.session.desk.layers["origin"]
    assert origin[5, 22, 22] != origin[5, 31, 42], "who made a label can be told"
    desk.key("z", held="ctrl")
    assert (desk.label(LONG), desk.label(SMALL)) == (0, LCX)


def test_lesions_are_accepted_and_rejected_under_the_mouse(desk: AnnotationDesk, sure: Path) -> None:
    choose(desk, sure)
    desk.go(LONG)
    desk.hands.click(desk.ui.proposeSliceButton)
    wait(desk)
    desk.key("a")
    assert "Point at a lesion" in desk.message
    view = desk.stand_in.slice_view("Red")
    desk.hands.move(view, desk.world(LONG))
    desk.key("a")
    assert desk.label(LONG) == LAD
    assert desk.label((22, 22, 4)) == 0, "only this slice was asked for"
    desk.hands.move(view, desk.world(SMALL))
    desk.key("x")
    assert desk.label(SMALL) == OTHER
    desk.hands.click(desk.ui.dismissButton)
    assert not desk.ui.acceptScanButton.enabled


def test_cancel_stops_it_and_the_panel_never_waits(desk: AnnotationDesk, unsure: Path) -> None:
    choose(desk, unsure)
    desk.ui.passesSpinBox.value = 100
    start = time.monotonic()
    desk.hands.click(desk.ui.proposeScanButton)
    assert time.monotonic() - start < 5
    desk.hands.settle(200)
    desk.click(LONG)
    assert desk.label(LONG) == LAD, "labelling goes on"
    desk.hands.click(desk.ui.cancelModelButton)
    desk.hands.wait_for(lambda: not desk.scan.model.busy, 20)
    assert desk.message == "The model was stopped"
    assert desk.scan.session.proposals.current is None


def test_uncertainty_is_shown_with_its_legend_and_lesions_to_look_at(
    desk: AnnotationDesk, unsure: Path
) -> None:
    import slicer

    desk.key("u")
    assert "passes" in desk.message
    choose(desk, unsure)
    desk.ui.passesSpinBox.value = 4
    desk.hands.click(desk.ui.proposeScanButton)
    wait(desk)
    variance = desk.scan.model.variance
    k, j, i = np.unravel_index(variance.argmax(), variance.shape)
    place = (int(i), int(j), int(k))
    desk.go(place)
    red, green, blue = desk.pixel(place)
    assert min(red, blue) > green + 20, "lit as a candidate"
    desk.key("u")
    assert desk.ui.uncertaintyCheckBox.checked
    desk.ui.uncertaintyOpacitySlider.value = 100
    red, green, blue = desk.pixel(place)
    assert blue > red, "the colour of uncertainty, and no candidate over it"
    legend = slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLColorLegendDisplayNode")
    assert legend.GetVisibility()
    rows = [
        float(desk.ui.doubtfulTable.item(row, 1).text().rstrip("%"))
        for row in range(desk.ui.doubtfulTable.rowCount)
    ]
    assert rows
    assert rows == sorted(rows, reverse=True)
    desk.hands.click_cell(desk.ui.doubtfulTable, len(rows) - 1, 0)
    shown = desk.scan.model.doubtful[-1].ijk[2]
    assert desk.scan.slice_index == shown
    desk.key("u")
    assert not legend.GetVisibility()


def test_a_model_that_is_none_is_a_sentence(desk: AnnotationDesk, tmp_path: Path) -> None:
    folder = tmp_path / "nothing"
    folder.mkdir()
    choose(desk, folder)
    desk.hands.click(desk.ui.proposeSliceButton)
    wait(desk)
    assert "holds no whole model" in desk.message
    desk.click(LONG)
    assert desk.label(LONG) == LAD


def test_without_pytorch_the_reader_is_told_and_labels_all_the_same(desk: AnnotationDesk) -> None:
    desk.stand_in.packages.missing.add("torch")
    desk.ui.modelSection.collapsed = False
    desk.hands.click(desk.ui.proposeSliceButton)
    desk.stand_in.packages.missing.clear()
    assert "PyTorch" in desk.dialogs.texts()[-1]
    assert not desk.scan.model.busy
    desk.click(LONG)
    assert desk.label(LONG) == LAD
