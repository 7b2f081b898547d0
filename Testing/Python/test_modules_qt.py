"""What the modules use of Qt, CTK and Slicer's widgets exists there, as far as a list of these can tell."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from xml.etree import ElementTree

import pytest
from SlicerStandIn import static_check
from SlicerStandIn.qt_api import QtApi
from SlicerStandIn.static_check import Findings, SourceCheck, python_files, widgets_of_panel

REPOSITORY = Path(__file__).parents[2]
MODULES = ("CACScoring", "CACAnnotation")
UNVERIFIED = REPOSITORY / "Testing/SlicerStandIn/unverified.txt"

panels = pytest.mark.parametrize(
    "panel", sorted(REPOSITORY.glob("CAC*/Resources/UI/*.ui")), ids=lambda path: path.stem
)


@pytest.fixture(scope="module")
def qt_api(reference_data: Path) -> QtApi:
    return QtApi(reference_data / "slicer_qt_api.json")


@pytest.fixture(scope="module")
def check(qt_api: QtApi):
    """Checks a source against a panel's widgets."""
    slicer = pytest.importorskip("slicer", reason="slicer-core is not installed")
    spec = importlib.util.find_spec("slicer.util")
    assert spec is not None
    assert spec.origin is not None
    util = static_check.functions_of(Path(spec.origin))
    core = {each for each in dir(slicer) if each.startswith("vtk")}

    def of(source: str, widgets: dict[str, str], name: str = "module.py") -> Findings:
        return SourceCheck(name, source, widgets, qt_api, util, core).run()

    return of


@pytest.fixture(scope="module")
def findings(check) -> Findings:
    """Findings of all files of both modules."""
    found = Findings()
    for module in MODULES:
        widgets = widgets_of_panel(REPOSITORY / module / f"Resources/UI/{module}.ui")
        for path in python_files(REPOSITORY / module):
            name = str(path.relative_to(REPOSITORY))
            one = check(path.read_text(encoding="utf-8"), widgets, name)
            found.problems += one.problems
            found.unverified |= one.unverified
    return found


def test_modules_use_what_exists(findings: Findings) -> None:
    assert not findings.problems, "\n".join(findings.problems)


def test_what_cannot_be_verified_is_listed(findings: Findings) -> None:
    listed = static_check.read_unverified(UNVERIFIED)
    assert listed == sorted(listed)
    missing, gone = findings.unverified - set(listed), set(listed) - findings.unverified
    assert not missing, "\n".join([f"to be added to {UNVERIFIED.name}:", *sorted(missing)])
    assert not gone, "\n".join([f"to be removed from {UNVERIFIED.name}:", *sorted(gone)])


@panels
def test_widgets_and_properties_of_the_panel_exist(panel: Path, qt_api: QtApi) -> None:
    for widget in ElementTree.parse(panel).getroot().iter("widget"):
        kind = widget.get("class", "")
        assert kind in qt_api.classes
        properties = {each.get("name") for each in widget.findall("property") if each.get("stdset") != "0"}
        assert properties <= qt_api.writable(kind), widget.get("name")


@panels
def test_connections_of_the_panel_exist(panel: Path, qt_api: QtApi) -> None:
    widgets = widgets_of_panel(panel)
    for each in ElementTree.parse(panel).getroot().iter("connection"):
        sender, receiver = widgets[each.findtext("sender", "")], widgets[each.findtext("receiver", "")]
        assert each.findtext("signal") in qt_api.signals(sender)
        assert each.findtext("slot") in qt_api.signatures(receiver, "slots")


WIDGETS = {
    "button": "QPushButton",
    "table": "QTableWidget",
    "slider": "ctkSliderWidget",
    "form": "qMRMLWidget",
}


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("self._ui.knob.text = 'x'", "the panel has no widget knob"),
        ("self._ui.button.txt = 'x'", "QPushButton has no property txt"),
        ("self._ui.button.setTxt('x')", "QPushButton has no setTxt"),
        ("self._ui.button.text()", "QPushButton.text is a property: it is read without being called"),
        (
            "x = self._ui.button.isVisible",
            "QPushButton.isVisible is a method: it does nothing until it is called",
        ),
        ("self._ui.button.width = 3", "the property width of QPushButton is read-only"),
        ("self._ui.button.connect('clicked()', f)", "QPushButton has no signal clicked()"),
        ("button = self._ui.button; button.connect('pushed()', f)", "QPushButton has no signal pushed()"),
        (
            "for each in (self._ui.button, self._ui.slider): each.flat = True",
            "ctkSliderWidget has no property flat",
        ),
        ("self._ui.table.horizontalHeader().stretch()", "QHeaderView has no stretch"),
        ("self._timer = qt.QTimer(); self._timer.begin()", "QTimer has no begin"),
        ("slicer.app.layoutManager().sliceWidget('Red').sliceView().paint()", "qMRMLSliceView has no paint"),
        ("slicer.util.openTheDoor()", "slicer.util has no openTheDoor"),
        ("ctk.QPushButton()", "QPushButton is not in ctk"),
    ],
)
def test_mistakes_are_found(line: str, problem: str, check) -> None:
    found = check(f"class Panel:\n    def __init__(self):\n        {line}\n", WIDGETS)
    assert found.problems == [f"module.py:3: {problem}"]


@pytest.mark.parametrize(
    "line",
    [
        "self._ui.button.text = self._ui.button.text.upper()",
        "self._ui.button.connect('clicked(bool)', self._ui.table.clear)",
        "self._ui.button.clicked.connect(f)",
        "self._ui.slider.value = self._ui.slider.maximum",
        "self._ui.table.viewport().mapToGlobal(place)",
        "self._ui.form.setMRMLScene(slicer.mrmlScene)",
        "slicer.util.errorDisplay('no')",
    ],
)
def test_right_uses_pass(line: str, check) -> None:
    found = check(f"class Panel:\n    def __init__(self):\n        {line}\n", WIDGETS)
    assert found == Findings()


def test_what_the_list_leaves_out_is_unverified(check) -> None:
    source = "item = qt.QTableWidgetItem()\nitem.setText(slicer.modules.plots)\nqt.QHeaderView.Stretch\n"
    found = check(source, WIDGETS)
    assert found.problems == []
    assert found.unverified == {
        "QTableWidgetItem.setText",
        "qt.QHeaderView.Stretch",
        "qt.QTableWidgetItem",
        "slicer.modules.plots",
    }
