"""The module files and their panels, checked without Slicer: what they name exists."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

REPOSITORY = Path(__file__).parents[2]

modules = pytest.mark.parametrize("module", ["CACScoring", "CACAnnotation"])


class QtApi:
    """What a scripted module can reach of Qt, CTK and Slicer's widgets."""

    def __init__(self, path: Path) -> None:
        self.classes = json.loads(path.read_text(encoding="utf-8"))["classes"]

    def _bases(self, name: str | None) -> Iterator[dict]:
        while name in self.classes:
            yield self.classes[name]
            name = self.classes[name]["base"]

    def writable(self, name: str) -> set[str]:
        properties = (each["properties"].items() for each in self._bases(name))
        return {key for found in properties for key, facts in found if facts["writable"]}

    def signatures(self, name: str, *kinds: str) -> set[str]:
        return {each for base in self._bases(name) for kind in kinds for each in base[kind]}

    def names(self, name: str) -> set[str]:
        """Attributes of a widget: properties, and everything that can be called."""
        callables = self.signatures(name, "methods", "slots", "signals", "invokables")
        properties = {key for base in self._bases(name) for key in base["properties"]}
        return properties | {each.partition("(")[0] for each in callables}


@pytest.fixture(scope="module")
def qt_api(reference_data: Path) -> QtApi:
    return QtApi(reference_data / "slicer_qt_api.json")


def source_of(module: str) -> str:
    return (REPOSITORY / module / f"{module}.py").read_text(encoding="utf-8")


def panel_of(module: str) -> ElementTree.Element:
    return ElementTree.parse(REPOSITORY / module / f"Resources/UI/{module}.ui").getroot()


def widgets_of(module: str) -> dict[str, str]:
    """Class of each widget of the panel."""
    return {each.get("name", ""): each.get("class", "") for each in panel_of(module).iter("widget")}


def uses_of_widgets(module: str) -> list[tuple[str, str | None]]:
    """Widgets named as ``self.ui.widget``, with the attribute taken of them if there is one."""
    uses: list[tuple[str, str | None]] = []
    aliases = {}
    tree = ast.parse(source_of(module))
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            aliases[node.targets[0].id] = widget_in(node.value)
        if (widget := widget_in(node)) is not None:
            uses.append((widget, None))
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            held = aliases.get(node.value.id) if isinstance(node.value, ast.Name) else widget_in(node.value)
            if held is not None:
                uses.append((held, node.attr))
    return uses


def widget_in(node: ast.AST) -> str | None:
    """Name of the widget in ``self.ui.widget``."""
    if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "self.ui":
        return node.attr
    return None


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
    used = {widget for widget, _ in uses_of_widgets(module)}
    assert used
    assert used <= set(widgets_of(module))


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
    assert sorted(connected) == sorted(declared)
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


@modules
def test_widgets_and_properties_of_the_panel_exist(module: str, qt_api: QtApi) -> None:
    for widget in panel_of(module).iter("widget"):
        kind = widget.get("class", "")
        assert kind in qt_api.classes
        properties = {each.get("name") for each in widget.findall("property") if each.get("stdset") != "0"}
        assert properties <= qt_api.writable(kind), widget.get("name")


@modules
def test_connections_of_the_panel_exist(module: str, qt_api: QtApi) -> None:
    widgets = widgets_of(module)
    for each in panel_of(module).iter("connection"):
        sender, receiver = widgets[each.findtext("sender", "")], widgets[each.findtext("receiver", "")]
        assert each.findtext("signal") in qt_api.signatures(sender, "signals")
        assert each.findtext("slot") in qt_api.signatures(receiver, "slots")


@modules
def test_attributes_that_the_module_takes_of_widgets_exist(module: str, qt_api: QtApi) -> None:
    widgets = widgets_of(module)
    taken = [(widget, name) for widget, name in uses_of_widgets(module) if name is not None]
    assert taken
    for widget, name in taken:
        # PythonQt gives every object connect().
        assert name == "connect" or name in qt_api.names(widgets[widget]), f"{widget}.{name}"


@modules
def test_signals_that_the_module_connects_exist(module: str, qt_api: QtApi) -> None:
    widgets = widgets_of(module)
    calls = [node for node in ast.walk(ast.parse(source_of(module))) if isinstance(node, ast.Call)]
    connections = [
        (widget, ast.literal_eval(call.args[0]))
        for call in calls
        if isinstance(call.func, ast.Attribute) and call.func.attr == "connect"
        for widget in [widget_in(call.func.value)]
        if widget is not None
    ]
    assert connections
    for widget, signal in connections:
        assert signal in qt_api.signatures(widgets[widget], "signals"), f"{widget}: {signal}"
