"""CAC Annotation as Slicer starts, with its window and without."""

from __future__ import annotations

import logging
import unittest
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from annotation_desk import LAD, LCX, LONG, SMALL
from saved_scenes import save_bundle

if TYPE_CHECKING:
    from annotation_desk import AnnotationDesk
    from SlicerStandIn import StandIn

LAYOUT = 5130


def test_a_scene_may_be_saved_with_the_layout_and_loaded_before_the_module_is_opened(
    stand_in: StandIn, caplog: pytest.LogCaptureFixture
) -> None:
    import slicer

    assert slicer.app.layoutManager().layoutLogic().GetLayoutNode().IsLayoutDescription(LAYOUT)
    assert not [each for each in caplog.records if each.levelno >= logging.WARNING]


def test_panel_is_built_and_let_go_of_without_a_window(
    empty: AnnotationDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slicer's generic tests of modules run so."""
    import slicer
    from SlicerStandIn.proxies import unwrap

    with monkeypatch.context() as without:
        without.setattr(type(unwrap(slicer.app)), "layoutManager", lambda _app: None)
        without.setattr(slicer.util, "mainWindow", lambda: None)
        without.delattr(slicer, "dicomDatabase")
        widget = empty.stand_in.reload_module("CACAnnotation")
        widget.ui.sourceTabs.currentIndex = 2
        empty.hands.click(widget.ui.refreshDicomButton)
        assert "holds no CT series" in widget.ui.messageLabel.text
        widget.cleanup()


def test_keys_repeat_only_where_they_step(empty: AnnotationDesk) -> None:
    import slicer
    from PySide6.QtGui import QShortcut
    from SlicerStandIn.proxies import unwrap

    shortcuts = unwrap(slicer.util.mainWindow()).findChildren(QShortcut)
    repeats = {each.key().toString(): each.autoRepeat() for each in shortcuts}
    assert repeats["N"]
    assert repeats["Ctrl+Z"]
    assert not repeats["Return"]
    assert not repeats["1"]


def test_slicers_own_test_runner_leaves_out_what_cannot_run(
    empty: AnnotationDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    import CACAnnotation

    monkeypatch.setattr(CACAnnotation, "is_installed", lambda _package: False)
    case = CACAnnotation.CACAnnotationTest("test_click_labels_its_lesion")
    result = unittest.TestResult()
    case.run(result)
    assert result.wasSuccessful()
    assert len(result.skipped) == 1


def test_scene_that_replaces_another_is_read_once_it_is_at_rest(
    empty: AnnotationDesk, tmp_path: Path
) -> None:
    """As from the File menu: one step from the old scene's last node to the new one's."""
    import slicer

    empty.begin()
    empty.read(empty.volume())
    empty.click(LONG)
    bundle = save_bundle(slicer.mrmlScene, tmp_path)
    scene = slicer.mrmlScene
    scene.StartState(scene.BatchProcessState)
    scene.Clear(0)
    assert scene.ReadFromMRB(bundle)
    assert empty.scan is None
    scene.EndState(scene.BatchProcessState)
    assert empty.label(LONG) == LAD
    empty.key("3")
    empty.click(SMALL)
    assert empty.label(SMALL) == LCX
