"""The stand-in for Slicer's desktop: what it shows as PythonQt does, its widgets, views and modules."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import pytest

if TYPE_CHECKING:
    from SlicerStandIn import StandIn

IJK_TO_RAS = np.diag([-2.0, -2.0, 3.0, 1.0])
ON_LESION = (-44.0, -44.0, 27.0)
ON_TISSUE = (-70.0, -30.0, 27.0)


@pytest.fixture
def names(stand_in: StandIn) -> SimpleNamespace:
    """Modules that exist only while the stand-in runs."""
    return SimpleNamespace(**{name: importlib.import_module(name) for name in ("qt", "ctk", "slicer")})


@pytest.fixture
def hu() -> np.ndarray:
    hu = np.full((20, 60, 60), -50, np.int16)
    hu[:, 10:50, 10:50] = 40
    hu[8:11, 20:26, 20:26] = 450
    hu[9:12, 36:40, 30:36] = 300
    return hu


@pytest.fixture
def ct(names: SimpleNamespace, hu: np.ndarray) -> Any:
    """CT with two lesions, shown in every view."""
    volume = names.slicer.util.addVolumeFromArray(hu, ijkToRAS=IJK_TO_RAS, name="CT")
    names.slicer.util.setSliceViewerLayers(background=volume, fit=True)
    logic = names.slicer.app.layoutManager().sliceWidget("Red").sliceLogic()
    logic.SetSliceOffset(ON_LESION[2])
    return volume


@pytest.fixture
def labels(names: SimpleNamespace, ct: Any, hu: np.ndarray) -> Any:
    """Segmentation of both lesions."""
    from CACScoringLib.scene.segmentations import show_labels
    from CACScoringLib.scene.volumes import scan_of_volume_node
    from CACScoringLib.schemes import label_scheme

    scheme, slicer = label_scheme(), names.slicer
    values = np.select([hu == 450, hu == 300], [scheme["LAD"].value, scheme["RCA"].value], 0)
    segmentation = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "CAC")
    geometry = scan_of_volume_node(ct).geometry
    logic = slicer.modules.segmentations.logic()
    show_labels(values.astype(np.uint8), geometry, segmentation, ct, logic)
    return segmentation


@pytest.fixture
def window(names: SimpleNamespace) -> Any:
    """A window to put widgets into."""
    window = names.qt.QWidget()
    window.setLayout(names.qt.QVBoxLayout())
    window.resize(400, 300)
    yield window
    window.close()


# As PythonQt shows things.


def test_properties_are_attributes(names: SimpleNamespace) -> None:
    button = names.qt.QPushButton("Go", toolTip="Begins")
    assert (button.text, button.toolTip, button.enabled) == ("Go", "Begins", True)
    button.text, button.checkable, button.name = "Stop", True, "stopButton"
    button.setChecked(True)
    assert (button.text, button.checked, button.objectName) == ("Stop", True, "stopButton")
    assert button.width > 0
    with pytest.raises(AttributeError, match="read-only"):
        button.width = 3


def test_what_the_list_does_not_have_does_not_exist(names: SimpleNamespace, reference_data: Path) -> None:
    button, slider = names.qt.QPushButton(), names.ctk.ctkSliderWidget()
    for widget, name in (
        (button, "caption"),
        (button, "isEnabledd"),
        (slider, "setMinimum"),
        (slider, "fit"),
    ):
        with pytest.raises(AttributeError):
            getattr(widget, name)
        with pytest.raises(AttributeError):
            setattr(widget, name, 1)
    # The stand-in's own, which Slicer's has not.
    with pytest.raises(AttributeError):
        names.ctk.ctkCollapsibleButton().fold(True)
    with pytest.raises(AttributeError):
        _ = names.ctk.ctkNoSuchWidget
    with pytest.raises(AttributeError):
        _ = names.qt.QNoSuchWidget
    with pytest.raises(AttributeError, match="no signal"):
        button.connect("clicked()", print)


def test_signals_are_connected_by_signature(names: SimpleNamespace) -> None:
    table = names.qt.QTableWidget(2, 2)
    found: list[Any] = []
    table.connect("cellClicked(int, int)", lambda row, column: found.append((row, column)))
    table.connect("cellClicked(int,int)", lambda: found.append("no argument"))
    table.cellClicked.emit(1, 0)
    assert found == [(1, 0), "no argument"]


def test_a_connection_is_undone_for_equal_methods(names: SimpleNamespace) -> None:
    class Receiver:
        heard = 0

        def hear(self) -> None:
            self.heard += 1

    timer, receiver = names.qt.QTimer(), Receiver()
    timer.connect("timeout()", receiver.hear)
    timer.timeout.emit()
    assert timer.disconnect("timeout()", receiver.hear)
    assert not timer.disconnect("timeout()", receiver.hear)
    timer.connect("timeout()", receiver.hear)
    timer.disconnect("timeout()")
    timer.timeout.emit()
    assert receiver.heard == 1


def test_an_exception_in_a_slot_is_kept_and_goes_no_further(
    stand_in: StandIn, names: SimpleNamespace
) -> None:
    button = names.qt.QPushButton()
    button.connect("clicked(bool)", lambda: 1 / 0)
    button.click()
    assert [type(each) for each in stand_in.errors] == [ZeroDivisionError]
    stand_in.errors.clear()


def test_enumerations_are_numbers(names: SimpleNamespace) -> None:
    qt = names.qt
    assert qt.Qt.AlignRight == 2
    assert qt.Qt.AlignRight | qt.Qt.AlignVCenter == 130
    label = qt.QLabel("x")
    label.alignment = qt.Qt.AlignRight | qt.Qt.AlignVCenter
    assert label.alignment == 130
    assert qt.QMessageBox.Ok == 1024


def test_objects_that_getters_return_are_shown_the_same_way(names: SimpleNamespace) -> None:
    qt = names.qt
    box, layout = qt.QWidget(), qt.QVBoxLayout()
    box.setLayout(layout)
    layout.addWidget(qt.QPushButton("a"))
    (button,) = box.findChildren(qt.QPushButton)
    assert type(button) is qt.QPushButton
    assert button.text == "a"
    assert button.parent() == box
    assert box.layout() == layout


def test_events_reach_a_filter_written_in_python(stand_in: StandIn, names: SimpleNamespace) -> None:
    qt = names.qt

    class Filter(qt.QObject):
        def __init__(self) -> None:
            qt.QObject.__init__(self)
            self.keys: list[int] = []

        def eventFilter(self, _watched: Any, event: Any) -> bool:  # noqa: N802 (Qt's name)
            if event.type() == qt.QEvent.KeyPress:
                self.keys.append(event.key())
            return False

    watching, edit = Filter(), qt.QLineEdit()
    edit.installEventFilter(watching)
    edit.show()
    stand_in.hands.press("A", on=edit)
    assert watching.keys == [qt.Qt.Key_A]
    assert edit.text == "a"
    edit.close()


def test_a_shortcut_of_the_window_works_where_nothing_is_typed(
    stand_in: StandIn, names: SimpleNamespace, ct: Any
) -> None:
    qt = names.qt
    shortcut = qt.QShortcut(qt.QKeySequence("Ctrl+Z"), names.slicer.util.mainWindow())
    calls: list[int] = []
    shortcut.connect("activated()", lambda: calls.append(1))
    stand_in.hands.press("Z", "ctrl", on=stand_in.slice_view())
    stand_in.hands.press("Z", "ctrl")
    shortcut.enabled = False
    stand_in.hands.press("Z", "ctrl")
    assert calls == [1, 1]
    shortcut.setParent(None)


def test_a_timer_calls_once(stand_in: StandIn, names: SimpleNamespace) -> None:
    calls: list[int] = []
    names.qt.QTimer.singleShot(0, lambda: calls.append(1))
    stand_in.hands.settle()
    assert calls == [1]


def test_dialogs_are_recorded_and_answered(stand_in: StandIn, names: SimpleNamespace) -> None:
    util, qt, dialogs = names.slicer.util, names.qt, stand_in.dialogs
    util.errorDisplay("It failed", windowTitle="Scores", detailedText="why")
    assert (dialogs.shown[0].kind, dialogs.shown[0].text, dialogs.shown[0].details) == (
        "error",
        "It failed",
        "why",
    )
    assert dialogs.shown[0].title == "Scores"
    dialogs.answer(False, True, False)
    assert not util.confirmOkCancelDisplay("Sure?")
    assert util.confirmYesNoDisplay("Really?")
    assert (
        qt.QMessageBox.question(None, "t", "Q?", qt.QMessageBox.Yes | qt.QMessageBox.No) == qt.QMessageBox.No
    )
    assert dialogs.texts("question") == ["Sure?", "Really?", "Q?"]
    dialogs.answer("/data/scores.csv", "a note")
    assert qt.QFileDialog.getSaveFileName(None, "Save", "", "CSV (*.csv)") == "/data/scores.csv"
    assert qt.QInputDialog.getText(None, "Note", "Note:") == "a note"
    assert qt.QFileDialog.getOpenFileName() == ""


def test_settings_last_and_are_nobody_elses(names: SimpleNamespace) -> None:
    names.qt.QSettings().setValue("CoronaryCalcium/Reader", "AB")
    assert names.slicer.util.settingsValue("CoronaryCalcium/Reader", "") == "AB"
    assert names.slicer.app.userSettings().value("CoronaryCalcium/Reader") == "AB"
    assert "slicer-stand-in" in names.qt.QSettings().fileName()


def test_settings_come_through_a_restart_only_when_asked(display: str) -> None:
    from SlicerStandIn import start

    for keep, expected in ((False, None), (True, "AB"), (False, None)):
        running = start(keep_settings=keep)
        assert running.app.settings().value("Reader") == expected
        running.app.settings().setValue("Reader", "AB")
        running.stop()


def test_menus_are_chosen_from(stand_in: StandIn, names: SimpleNamespace, window: Any) -> None:
    menu = names.qt.QMenu(window)
    chosen: list[str] = []
    menu.addAction("LAD")
    menu.addAction("RCA", lambda: chosen.append("called"))
    menu.connect("triggered(QAction*)", lambda action: chosen.append(action.text))
    window.show()
    stand_in.hands.settle()
    menu.popup(window.mapToGlobal(names.qt.QPoint(5, 5)))
    stand_in.hands.settle()
    stand_in.hands.choose_action(menu, "LAD")
    assert not menu.visible
    stand_in.dialogs.answer("RCA")
    assert menu.exec_().text == "RCA"
    assert menu.exec_() is None
    assert sorted(chosen) == ["LAD", "RCA", "called"]
    assert stand_in.dialogs.texts("menu") == ["LAD\nRCA"] * 2


def test_packages_are_asked_for_and_installed_in_name_only(stand_in: StandIn, names: SimpleNamespace) -> None:
    packaging, packages = names.slicer.packaging, stand_in.packages
    packaging.pip_ensure(["numpy>=1.20"])
    assert stand_in.dialogs.shown == []
    packages.missing.add("highdicom")
    stand_in.dialogs.answer(False)
    with pytest.raises(RuntimeError, match="declined"):
        packaging.pip_ensure("highdicom>=0.24", requester="CAC")
    assert packages.installed == []
    packaging.pip_ensure("highdicom>=0.24")
    assert packages.installed == ["highdicom>=0.24"]
    assert packaging.pip_check("highdicom")


# Parameters.


def test_parameters_are_kept_in_their_node(names: SimpleNamespace, ct: Any) -> None:
    from slicer.parameterNodeWrapper import Choice, WithinRange, parameterNodeWrapper

    slicer = names.slicer

    kinds = {
        "volume": slicer.vtkMRMLScalarVolumeNode,
        "way": Annotated[str, Choice(["a", "b"])],
        "opacity": Annotated[float, WithinRange(0, 1)],
        "shown": bool,
    }
    usual = {"way": "b", "opacity": 0.5, "shown": True}
    wrapped = parameterNodeWrapper(type("Parameters", (), {"__annotations__": kinds, **usual}))
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScriptedModuleNode")
    parameters = wrapped(node)
    parameters.volume, parameters.opacity, parameters.shown = ct, 0.25, False
    assert node.GetParameter("way") == "b"
    assert node.GetParameter("opacity") == "0.25"
    assert node.GetParameter("shown") == "False"
    assert node.GetNodeReferenceID("volume") == ct.GetID()
    again = wrapped(node)
    assert (again.volume, again.way, again.opacity, again.shown) == (ct, "b", 0.25, False)
    with pytest.raises(ValueError, match="one of"):
        parameters.way = "c"
    with pytest.raises(ValueError, match="within"):
        parameters.opacity = 2.0

    qt, ctk = names.qt, names.ctk
    ui = SimpleNamespace(
        way=qt.QComboBox(), opacity=ctk.ctkSliderWidget(), shown=qt.QCheckBox(), other=qt.QLabel()
    )
    for name in ("way", "opacity", "shown"):
        getattr(ui, name).setProperty("SlicerParameterName", name)
    tag = parameters.connectGui(ui)
    assert (ui.way.currentText, ui.opacity.value, ui.opacity.maximum, ui.shown.checked) == (
        "b",
        0.25,
        1,
        False,
    )
    ui.way.currentIndex, ui.opacity.value, ui.shown.checked = 0, 0.75, True
    assert (parameters.way, parameters.opacity, parameters.shown) == ("a", 0.75, True)
    parameters.opacity = 0.5
    assert ui.opacity.value == 0.5
    parameters.disconnectGui(tag)
    ui.opacity.value = 0.1
    assert parameters.opacity == 0.5


# Widgets.


def test_a_collapsible_button_folds_what_it_holds(
    stand_in: StandIn, names: SimpleNamespace, window: Any
) -> None:
    qt = names.qt
    section = names.ctk.ctkCollapsibleButton()
    section.text = "Settings"
    form = qt.QFormLayout(section)
    inside, unseen = qt.QLineEdit(), qt.QLabel("warning")
    form.addRow("Name:", inside)
    form.addRow(unseen)
    unseen.hide()
    window.layout().addWidget(section)
    window.layout().addStretch(1)
    window.show()
    stand_in.hands.settle()
    tall = section.height
    folded: list[bool] = []
    section.connect("contentsCollapsed(bool)", folded.append)
    stand_in.hands.click(section)
    assert section.collapsed
    assert not inside.visible
    assert section.height < tall
    unseen.show()
    assert not unseen.visible
    stand_in.hands.click(section)
    assert folded == [True, False]
    assert inside.visible
    assert unseen.visible


def test_a_slider_and_its_number_agree(stand_in: StandIn, names: SimpleNamespace, window: Any) -> None:
    slider = names.ctk.ctkSliderWidget()
    slider.minimum, slider.maximum, slider.singleStep, slider.value = 0, 1, 0.05, 0.5
    window.layout().addWidget(slider)
    window.show()
    stand_in.hands.settle()
    values: list[float] = []
    slider.connect("valueChanged(double)", values.append)
    stand_in.hands.press("Right", on=slider)
    assert values == [pytest.approx(0.55)]
    assert slider.value == pytest.approx(0.55)


def test_a_path_is_chosen_and_remembered(stand_in: StandIn, names: SimpleNamespace, tmp_path: Path) -> None:
    edit = names.ctk.ctkPathLineEdit()
    edit.settingKey = "Project"
    paths: list[str] = []
    edit.connect("currentPathChanged(QString)", paths.append)
    stand_in.dialogs.answer(str(tmp_path))
    edit.browse()
    assert edit.currentPath == str(tmp_path)
    assert paths[-1] == str(tmp_path)
    again = names.ctk.ctkPathLineEdit()
    again.settingKey = "Project"
    assert again.comboBox().itemText(0) == str(tmp_path)


def test_a_node_selector_follows_the_scene(stand_in: StandIn, names: SimpleNamespace, window: Any) -> None:
    scene = names.slicer.mrmlScene
    selector = names.slicer.qMRMLNodeComboBox()
    selector.nodeTypes, selector.noneEnabled, selector.addEnabled = ["vtkMRMLTextNode"], True, False
    chosen: list[Any] = []
    selector.connect("currentNodeChanged(vtkMRMLNode*)", chosen.append)
    selector.setMRMLScene(scene)
    window.layout().addWidget(selector)
    window.show()
    node = scene.AddNewNodeByClass("vtkMRMLTextNode", "first")
    assert selector.currentNode() is None
    node.SetName("renamed")
    stand_in.hands.choose(selector, "renamed")
    assert selector.currentNode() is node
    scene.RemoveNode(node)
    assert selector.currentNode() is None
    assert chosen == [node, None]
    selector.noneEnabled = False
    scene.AddNewNodeByClass("vtkMRMLTextNode", "second")
    assert selector.currentNode().GetName() == "second"


# Views.


def test_a_view_shows_the_volume(stand_in: StandIn, ct: Any) -> None:
    ct.GetDisplayNode().SetAutoWindowLevel(False)
    ct.GetDisplayNode().SetWindowLevel(1000, 0)
    stand_in.render()
    view = stand_in.slice_view("Red")
    for point, value in ((ON_LESION, 450), (ON_TISSUE, 40)):
        expected = (value + 500) / 1000 * 255
        assert stand_in.pixel(view, point) == pytest.approx((expected,) * 3, abs=2)


def test_an_observer_sees_what_the_mouse_does(stand_in: StandIn, ct: Any) -> None:
    view, hands = stand_in.slice_view("Red"), stand_in.hands
    interactor = view.interactor()
    seen: list[tuple] = []

    def observe(caller: Any, event: str) -> None:
        keys = "".join(
            name
            for name, held in zip(
                "csa", (caller.GetControlKey(), caller.GetShiftKey(), caller.GetAltKey()), strict=True
            )
            if held
        )
        seen.append((event.removesuffix("Event"), keys, _ras_of(view, caller.GetEventPosition())))

    for event in ("LeftButtonPress", "LeftButtonRelease", "MouseMove", "MouseWheelForward", "KeyPress"):
        interactor.AddObserver(f"{event}Event", observe, 1.0)
    hands.click_ras(view, ON_LESION, "ctrl")
    place = pytest.approx(ON_LESION, abs=0.6)
    assert seen == [
        ("MouseMove", "", place),
        ("LeftButtonPress", "c", place),
        ("LeftButtonRelease", "c", place),
    ]
    seen.clear()
    path = [ON_LESION, (-50.0, -44.0, 27.0), ON_TISSUE]
    hands.drag_ras(view, path, "alt")
    assert [each[:2] for each in seen] == [
        ("MouseMove", "a"),
        ("LeftButtonPress", "a"),
        ("MouseMove", "a"),
        ("MouseMove", "a"),
        ("LeftButtonRelease", "a"),
    ]
    assert seen[-1][2] == pytest.approx(ON_TISSUE, abs=0.6)
    seen.clear()
    hands.wheel(view, 2, "shift")
    hands.press("q", on=view)
    assert [each[:2] for each in seen] == [("MouseWheelForward", "s")] * 2 + [("KeyPress", "")]
    assert interactor.GetKeySym() == "q"


def _ras_of(view: Any, position: tuple[int, int]) -> list[float]:
    return list(view.mrmlSliceNode().GetXYToRAS().MultiplyPoint([*position, 0, 1])[:3])


def test_the_wheel_turns_slices(stand_in: StandIn, names: SimpleNamespace, ct: Any) -> None:
    logic = names.slicer.app.layoutManager().sliceWidget("Red").sliceLogic()
    stand_in.hands.wheel(stand_in.slice_view("Red"), 1)
    assert abs(logic.GetSliceOffset() - ON_LESION[2]) == pytest.approx(3)


def test_renderings_asked_for_together_are_one(stand_in: StandIn, ct: Any) -> None:
    view = stand_in.slice_view("Red")
    stand_in.render()
    before = view._object.renders
    for _ in range(20):
        view.scheduleRender()
    assert view._object.renders == before
    stand_in.hands.settle(60)
    assert view._object.renders == before + 1


def test_layouts_are_slicers_own(stand_in: StandIn, names: SimpleNamespace, tmp_path: Path) -> None:
    manager, layouts = names.slicer.app.layoutManager(), names.slicer.vtkMRMLLayoutNode
    assert sorted(manager.sliceViewNames()) == ["Green", "Red", "Yellow"]
    shown: list[int] = []
    manager.connect("layoutChanged(int)", shown.append)
    manager.setLayout(layouts.SlicerLayoutOneUpRedSliceView)
    stand_in.hands.settle()
    assert manager.layout == layouts.SlicerLayoutOneUpRedSliceView
    assert manager.sliceWidget("Red").visible
    assert not manager.sliceWidget("Green").visible
    manager.setLayout(layouts.SlicerLayoutFourUpPlotTableView)
    stand_in.close_scene()
    assert manager.layout == layouts.SlicerLayoutFourUpPlotTableView
    assert shown == [layouts.SlicerLayoutOneUpRedSliceView, layouts.SlicerLayoutFourUpPlotTableView]
    assert manager.plotWidget(0).visible
    assert manager.tableWidget(0).visible


# The modules.


def test_scores_follow_the_mouse(stand_in: StandIn, labels: Any, tmp_path: Path) -> None:
    widget = stand_in.open_module("CACScoring")
    stand_in.hands.choose(stand_in.find("volumeSelector"), "CT")
    stand_in.hands.wait_for(lambda: widget.ui.scoresTable.rowCount > 0)
    cells = [widget.ui.scoresTable.item(row, 0).text() for row in range(widget.ui.scoresTable.rowCount)]
    assert cells[0] == "LAD"
    picture = stand_in.screenshot(tmp_path / "scoring.png")
    assert picture.stat().st_size > 20_000


@pytest.mark.parametrize("module", ["CACScoring", "CACAnnotation"])
def test_a_module_comes_goes_and_comes_anew(
    module: str, stand_in: StandIn, names: SimpleNamespace, ct: Any
) -> None:
    scene = names.slicer.mrmlScene
    first = stand_in.open_module(module)
    assert first.parent.isEntered
    second = stand_in.reload_module(module)
    assert second is not first
    observed = [scene.HasObserver(event) for event in (scene.StartCloseEvent, scene.EndCloseEvent)]
    assert observed == [1, 1]
    stand_in.close_scene()
    stand_in.open_module("CACScoring" if module == "CACAnnotation" else "CACAnnotation")
    assert not second.parent.isEntered
    assert names.slicer.util.getModuleWidget(module) is second


@pytest.mark.parametrize("module", ["CACScoring", "CACAnnotation"])
def test_self_tests_of_the_modules_pass(module: str, stand_in: StandIn, names: SimpleNamespace) -> None:
    stand_in.open_module(module)
    names.slicer.selfTests[module]()


def test_dicom_database_is_filled_by_a_folder(
    stand_in: StandIn, names: SimpleNamespace, tmp_path: Path
) -> None:
    import pydicom
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

    study, series = generate_uid(), generate_uid()
    for number in range(3):
        file = Dataset()
        file.file_meta = FileMetaDataset()
        file.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        file.SOPClassUID, file.SOPInstanceUID = CTImageStorage, generate_uid()
        file.PatientID, file.StudyInstanceUID, file.SeriesInstanceUID = "P1", study, series
        file.SeriesDescription, file.InstanceNumber = "CaSc", number
        pydicom.dcmwrite(tmp_path / f"{number}.dcm", file, enforce_file_format=True)
    database = names.slicer.dicomDatabase
    changes: list[int] = []
    database.connect("databaseChanged()", lambda: changes.append(1))
    stand_in.app.dicomDatabase().add_folder(tmp_path)
    assert changes == [1]
    assert list(database.patients()) == ["P1"]
    assert list(database.seriesForStudy(database.studiesForPatient("P1")[0])) == [series]
    files = database.filesForSeries(series)
    assert len(files) == 3
    assert database.fileValue(files[1], "0020,0013") == "1"
    assert database.descriptionForSeries(series) == "CaSc"


def test_none_lasts_as_long_as_events_come(stand_in: StandIn) -> None:
    import sys

    stand_in.hands.settle()
    assert sys.version_info >= (3, 12) or sys.getrefcount(None) > 1 << 39
