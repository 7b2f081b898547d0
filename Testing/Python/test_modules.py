"""The module files and their panels, checked without Slicer: what they name exists."""

from __future__ import annotations

import ast
from pathlib import Path
from xml.etree import ElementTree

import pytest
from SlicerStandIn.static_check import python_files, widgets_of_panel

REPOSITORY = Path(__file__).parents[2]

modules = pytest.mark.parametrize("module", ["CACScoring", "CACAnnotation"])


def source_of(module: str) -> str:
    return (REPOSITORY / module / f"{module}.py").read_text(encoding="utf-8")


def panel_of(module: str) -> ElementTree.Element:
    return ElementTree.parse(REPOSITORY / module / f"Resources/UI/{module}.ui").getroot()


def widgets_of(module: str) -> dict[str, str]:
    """Class of each widget and action of the panel."""
    return widgets_of_panel(REPOSITORY / module / f"Resources/UI/{module}.ui")


def widgets_named_in(path: Path) -> set[str]:
    """Names of the widgets that a file takes as ``ui.widget``, ``self.ui.widget`` or ``self._ui.widget``."""
    attributes = (
        each
        for each in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(each, ast.Attribute)
    )
    return {
        each.attr for each in attributes if ast.unparse(each.value).rpartition(".")[2] in ("ui", "_ui")
    } - {"__dict__"}


def classes_of(module: str) -> dict[str, ast.ClassDef]:
    return {each.name: each for each in ast.parse(source_of(module)).body if isinstance(each, ast.ClassDef)}


@modules
def test_module_file_has_what_slicer_asks_for(module: str) -> None:
    compile(source_of(module), f"{module}.py", "exec")
    classes = classes_of(module)
    assert {module, f"{module}Widget", f"{module}Logic", f"{module}Test"} <= set(classes)
    methods = {each.name for each in classes[f"{module}Widget"].body if isinstance(each, ast.FunctionDef)}
    assert {"setup", "enter", "exit", "cleanup"} <= methods
    set_by_module = {
        ast.unparse(node) for node in ast.walk(classes[module]) if isinstance(node, ast.Attribute)
    }
    for field in ("title", "categories", "dependencies", "contributors", "helpText", "acknowledgementText"):
        assert f"self.parent.{field}" in set_by_module
    assert (REPOSITORY / module / f"Resources/Icons/{module}.png").is_file()


@modules
def test_every_widget_that_is_named_is_in_the_panel(module: str) -> None:
    named = {
        path.name: widgets_named_in(path) - set(widgets_of(module))
        for path in python_files(REPOSITORY / module)
    }
    assert {path: widgets for path, widgets in named.items() if widgets} == {}


@modules
def test_panel_fits_its_parameters(module: str) -> None:
    panel = panel_of(module)
    assert panel.findtext("class") == module
    parameters = classes_of(module)[f"{module}ParameterNode"].body
    declared = {each.target.id for each in parameters if isinstance(each, ast.AnnAssign)}  # type: ignore[union-attr]
    connected = [
        each.findtext("string")
        for each in panel.iter("property")
        if each.get("name") == "SlicerParameterName"
    ]
    assert set(connected) <= declared
    assert len(connected) == len(set(connected))
    assert "For research use only; not a medical device." in [each.text for each in panel.iter("string")]


@modules
def test_every_node_selector_gets_the_scene(module: str) -> None:
    selectors = {name for name, kind in widgets_of(module).items() if kind == "qMRMLNodeComboBox"}
    connected = {each.findtext("receiver") for each in panel_of(module).iter("connection")}
    assert selectors == connected


@modules
def test_names_in_the_panel_are_unique(module: str) -> None:
    names = [
        each.get("name") for kind in ("widget", "layout", "spacer") for each in panel_of(module).iter(kind)
    ]
    assert len(names) == len(set(names))
