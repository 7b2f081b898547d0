"""Holds what source files use of Qt, CTK and Slicer's widgets against the list, without running them.

The kinds of names and attributes are followed through assignments, annotations, loops and calls as far as a
few tables go. What has a kind is checked; what Slicer has and the list does not is *unverified*.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

from .qt_api import ADDED_FOR_PYTHON, OBJECT_NAMES, QtApi, normalised

Kinds = frozenset[str]
"""Classes that an expression may be an object of; empty where that is not known."""

_NOTHING: Kinds = frozenset()
# Objects that methods return, by class and method, or by the source text of a call.
_RETURNED = {
    ("qSlicerCoreApplication", "moduleManager"): "qSlicerModuleManager",
    ("qSlicerCoreApplication", "settings"): "QSettings",
    ("qSlicerCoreApplication", "userSettings"): "QSettings",
    ("qSlicerApplication", "layoutManager"): "qSlicerLayoutManager",
    ("QGuiApplication", "clipboard"): "QClipboard",
    ("qMRMLLayoutManager", "sliceWidget"): "qMRMLSliceWidget",
    ("qMRMLLayoutManager", "threeDWidget"): "qMRMLThreeDWidget",
    ("qMRMLLayoutManager", "plotWidget"): "qMRMLPlotWidget",
    ("qMRMLLayoutManager", "tableWidget"): "qMRMLTableWidget",
    ("qMRMLSliceWidget", "sliceView"): "qMRMLSliceView",
    ("qMRMLSliceWidget", "sliceController"): "qMRMLSliceControllerWidget",
    ("qMRMLThreeDWidget", "threeDView"): "qMRMLThreeDView",
    ("qMRMLPlotWidget", "plotView"): "qMRMLPlotView",
    ("qMRMLTableWidget", "tableView"): "qMRMLTableView",
    ("QTableView", "horizontalHeader"): "QHeaderView",
    ("QTableView", "verticalHeader"): "QHeaderView",
    ("QTableWidget", "item"): "QTableWidgetItem",
    ("QTableWidget", "currentItem"): "QTableWidgetItem",
    ("QTableWidget", "horizontalHeaderItem"): "QTableWidgetItem",
    ("QListWidget", "item"): "QListWidgetItem",
    ("QListWidget", "currentItem"): "QListWidgetItem",
    ("QAbstractItemView", "model"): "QAbstractItemModel",
    ("QAbstractItemView", "selectionModel"): "QItemSelectionModel",
    ("QAbstractScrollArea", "viewport"): "QWidget",
    ("QMenu", "addAction"): "QAction",
    ("QMenu", "addMenu"): "QMenu",
    ("QComboBox", "lineEdit"): "QLineEdit",
    ("QComboBox", "view"): "QAbstractItemView",
    ("ctkPathLineEdit", "comboBox"): "QComboBox",
    ("QMainWindow", "statusBar"): "QStatusBar",
    ("QWidget", "window"): "QWidget",
    ("QWidget", "style"): "QStyle",
    ("QWidget", "parentWidget"): "QWidget",
}
_BY_TEXT = {
    "slicer.app": "qSlicerApplication",
    "slicer.util.mainWindow()": "QMainWindow",
    "slicer.util.loadUI": "qMRMLWidget",
    "qt.QApplication.instance()": "qSlicerApplication",
}
# What the list leaves out of the modules of Slicer's Python.
_UNLISTED = (
    "slicer.packaging",
    "slicer.parameterNodeWrapper",
    "slicer.i18n",
    "slicer.ScriptedLoadableModule",
)
_OUTSIDE = ("SampleData", "PyTorchUtils", "DICOMLib")


@dataclass
class Findings:
    """What was found wrong, and what could not be looked up.

    Parameters
    ----------
    problems
        Sentences that begin with file and line.
    unverified
        Dotted names.
    """

    problems: list[str] = field(default_factory=list)
    unverified: set[str] = field(default_factory=set)


def widgets_of_panel(path: Path) -> dict[str, str]:
    """Class of each widget and action of a ``.ui`` file, by name."""
    root = ElementTree.parse(path).getroot()
    widgets = {each.get("name", ""): each.get("class", "") for each in root.iter("widget")}
    return widgets | {each.get("name", ""): "QAction" for each in root.iter("action")}


def functions_of(path: Path) -> set[str]:
    """Names that a Python file defines at its top."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    defined = {each.name for each in body if isinstance(each, (ast.FunctionDef, ast.ClassDef))}
    assigned = (each for each in body if isinstance(each, ast.Assign))
    return defined | {
        target.id for each in assigned for target in each.targets if isinstance(target, ast.Name)
    }


class _Scope:
    """Kinds of the names in a function, and in the functions around it."""

    def __init__(self, around: _Scope | None = None) -> None:
        self._around = around
        self.names: dict[str, Kinds] = {}

    def __getitem__(self, name: str) -> Kinds:
        found = self.names.get(name)
        if found is not None:
            return found
        return self._around[name] if self._around is not None else _NOTHING


class SourceCheck:
    """Checks one file.

    Parameters
    ----------
    name
        Of the file, for the problems.
    source
        Its text.
    widgets
        Class of each widget of the panel that the file's ``ui`` holds.
    api
        The list.
    slicer_util
        What ``slicer.util`` defines.
    slicer_names
        What ``slicer`` itself holds: the classes of its core.
    """

    def __init__(
        self,
        name: str,
        source: str,
        widgets: dict[str, str],
        api: QtApi,
        slicer_util: set[str],
        slicer_names: set[str],
    ) -> None:
        self._name, self._widgets, self._api = name, widgets, api
        self._slicer_util, self._slicer_names = slicer_util, slicer_names
        self._tree = ast.parse(source)
        self._parents = {child: node for node in ast.walk(self._tree) for child in ast.iter_child_nodes(node)}
        self._attributes: dict[str, Kinds] = {}
        self._scopes: dict[ast.AST, _Scope] = {}
        self.findings = Findings()

    def run(self) -> Findings:
        """Find everything."""
        # One part of a file uses what another tells of an attribute: so there is a second round.
        for _ in range(2):
            self._scopes.clear()
            self._learn(self._tree, _Scope())
        for node in ast.walk(self._tree):
            if isinstance(node, ast.Attribute):
                self._check_attribute(node)
            elif isinstance(node, ast.Call):
                self._check_connection(node)
            elif isinstance(node, ast.ImportFrom):
                self._check_import(node)
        return self.findings

    # What things are.

    def _learn(self, node: ast.AST, scope: _Scope) -> None:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            scope = _Scope(scope)
            for each in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
                scope.names[each.arg] = self._annotated(each.annotation)
        elif isinstance(node, ast.ClassDef):
            scope = _Scope(scope)
            self._learn_parent(node)
        elif isinstance(node, (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)):
            scope = _Scope(scope)
            for loop in node.generators:
                self._bind(loop.target, self._elements(loop.iter, scope), scope)
        self._scopes[node] = scope
        if isinstance(node, ast.Assign):
            for target in node.targets:
                self._bind(target, self._kinds(node.value, scope), scope, node.value)
        elif isinstance(node, ast.AnnAssign):
            given = self._kinds(node.value, scope) if node.value is not None else _NOTHING
            self._bind(node.target, self._annotated(node.annotation) | given, scope)
        elif isinstance(node, ast.NamedExpr):
            self._bind(node.target, self._kinds(node.value, scope), scope)
        elif isinstance(node, ast.For):
            self._bind(node.target, self._elements(node.iter, scope), scope)
        for child in ast.iter_child_nodes(node):
            self._learn(child, scope)

    def _learn_parent(self, node: ast.ClassDef) -> None:
        """Take the base class of a scripted module to tell what its ``self.parent`` is."""
        bases = {ast.unparse(each).rpartition(".")[2] for each in node.bases}
        for base, kind in {
            "ScriptedLoadableModule": "qSlicerScriptedLoadableModule",
            "ScriptedLoadableModuleWidget": "qSlicerScriptedLoadableModuleWidget",
        }.items():
            if base in bases:
                for method in (each for each in ast.walk(node) if isinstance(each, ast.Attribute)):
                    if ast.unparse(method) == "self.parent":
                        self._attributes[f"{node.name}.parent"] = frozenset({kind})

    def _bind(self, target: ast.expr, kinds: Kinds, scope: _Scope, value: ast.expr | None = None) -> None:
        if isinstance(target, ast.Name):
            scope.names[target.id] = scope.names.get(target.id, _NOTHING) | kinds
        elif isinstance(target, ast.Attribute) and ast.unparse(target.value) == "self":
            key = f"{self._class_around(target)}.{target.attr}"
            self._attributes[key] = self._attributes.get(key, _NOTHING) | kinds
        elif isinstance(target, (ast.Tuple, ast.List)):
            values = value.elts if isinstance(value, (ast.Tuple, ast.List)) else []
            for index, each in enumerate(target.elts):
                found = self._kinds(values[index], scope) if index < len(values) else kinds
                self._bind(each, found if values else _NOTHING, scope)

    def _class_around(self, node: ast.AST) -> str:
        while node in self._parents:
            node = self._parents[node]
            if isinstance(node, ast.ClassDef):
                return node.name
        return ""

    def _annotated(self, annotation: ast.expr | None) -> Kinds:
        if annotation is None:
            return _NOTHING
        text = annotation.value if isinstance(annotation, ast.Constant) else ast.unparse(annotation)
        parts = [each.strip() for each in str(text).split("|")]
        found = {each.partition(".")[2] for each in parts if each.startswith(("qt.", "ctk.", "slicer.q"))}
        return frozenset(each for each in found if "." not in each and "[" not in each)

    def _elements(self, node: ast.expr, scope: _Scope) -> Kinds:
        """Kinds of what a loop goes through: a literal sequence, or a name that was given one."""
        if isinstance(node, (ast.Tuple, ast.List, ast.Set)):
            return _NOTHING.union(*(self._kinds(each, scope) for each in node.elts))
        return _NOTHING

    def _kinds(self, node: ast.expr, scope: _Scope) -> Kinds:
        """Classes that an expression may be an object of."""
        text = ast.unparse(node)
        if text in _BY_TEXT:
            return frozenset({_BY_TEXT[text]})
        if isinstance(node, ast.Name):
            return scope[node.id]
        if isinstance(node, ast.IfExp):
            return self._kinds(node.body, scope) | self._kinds(node.orelse, scope)
        if isinstance(node, ast.BoolOp):
            return _NOTHING.union(*(self._kinds(each, scope) for each in node.values))
        if isinstance(node, ast.Call):
            return self._returned(node, scope)
        if isinstance(node, ast.Attribute):
            widget = self._widget(node)
            if widget is not None:
                return frozenset({self._widgets[widget]} if widget in self._widgets else ())
            if ast.unparse(node.value) == "self":
                return self._attributes.get(f"{self._class_around(node)}.{node.attr}", _NOTHING)
        return _NOTHING

    def _returned(self, call: ast.Call, scope: _Scope) -> Kinds:
        text = ast.unparse(call.func)
        module, _, name = text.rpartition(".")
        if text in _BY_TEXT:
            return frozenset({_BY_TEXT[text]})
        if module in ("qt", "ctk", "slicer") and name[:1] in ("Q", "c", "q"):
            return frozenset({name})
        if isinstance(call.func, ast.Attribute):
            owners = self._kinds(call.func.value, scope) or self._class_named(call.func.value)
            bases = {base for owner in owners for base in self._api.lineage(owner)}
            return frozenset(
                kind for (base, name), kind in _RETURNED.items() if base in bases and name == call.func.attr
            )
        return _NOTHING

    @staticmethod
    def _class_named(node: ast.expr) -> Kinds:
        text = ast.unparse(node)
        return frozenset({text[3:]}) if text.startswith("qt.Q") and "." not in text[3:] else _NOTHING

    @staticmethod
    def _widget(node: ast.Attribute) -> str | None:
        """Name of the widget in ``ui.widget``, ``self.ui.widget``, ``self._ui.widget``."""
        owner = ast.unparse(node.value).rpartition(".")[2]
        return node.attr if owner in ("ui", "_ui") else None

    # Whether it exists.

    def _check_attribute(self, node: ast.Attribute) -> None:
        widget = self._widget(node)
        if widget is not None and widget not in self._widgets and not widget.startswith("__"):
            self._problem(node, f"the panel has no widget {widget}")
        owner = ast.unparse(node.value)
        if owner in ("qt", "ctk"):
            self._check_class(node, owner)
        elif owner.startswith("qt.Q") and "(" not in owner:
            self._check_static(node, owner)
        elif owner == "slicer":
            self._check_slicer(node)
        elif owner == "slicer.util":
            if node.attr not in self._slicer_util:
                self._problem(node, f"slicer.util has no {node.attr}")
        elif owner in ("slicer.modules", *_UNLISTED) or owner.partition(".")[0] in _OUTSIDE:
            self.findings.unverified.add(f"{owner}.{node.attr}")
        else:
            for kind in self._kinds(node.value, self._scopes[node]):
                self._check_member(node, kind)

    def _check_class(self, node: ast.Attribute, module: str) -> None:
        name = node.attr
        if name not in self._api.classes:
            self.findings.unverified.add(f"{module}.{name}")
        elif self._api.classes[name]["from"] != module:
            self._problem(node, f"{name} is not in {module}")

    def _check_static(self, node: ast.Attribute, owner: str) -> None:
        name = owner[3:]
        if node.attr.startswith("__") or (name in self._api.classes and node.attr in self._api.names(name)):
            return
        # The list has no enumerations.
        self.findings.unverified.add(f"{owner}.{node.attr}")

    def _check_slicer(self, node: ast.Attribute) -> None:
        name = node.attr
        if name in ("app", "util", "mrmlScene", "modules") or name in self._slicer_names:
            return
        if name in self._api.classes:
            return
        if f"slicer.{name}" not in _UNLISTED:
            self.findings.unverified.add(f"slicer.{name}")

    def _check_import(self, node: ast.ImportFrom) -> None:
        module = node.module or ""
        for each in node.names:
            if module in _UNLISTED or module.partition(".")[0] in _OUTSIDE:
                self.findings.unverified.add(f"{module}.{each.name}")
            elif module == "slicer.util" and each.name not in self._slicer_util:
                self._problem(node, f"slicer.util has no {each.name}")

    def _check_member(self, node: ast.Attribute, kind: str) -> None:
        name = node.attr
        if kind not in self._api.classes:
            if name not in OBJECT_NAMES:
                self.findings.unverified.add(f"{kind}.{name}")
            return
        if any(name in ADDED_FOR_PYTHON.get(each, ()) for each in self._api.lineage(kind)):
            self.findings.unverified.add(f"{kind}.{name}")
            return
        properties = self._api.properties(kind)
        if isinstance(node.ctx, ast.Store):
            if name not in properties:
                self._problem(node, f"{kind} has no property {name}")
            elif not properties[name]:
                self._problem(node, f"the property {name} of {kind} is read-only")
            return
        if name not in self._api.names(kind):
            self._problem(node, f"{kind} has no {name}")
            return
        called = self._is_called(node)
        if called and name in properties and name != "parent":
            self._problem(node, f"{kind}.{name} is a property: it is read without being called")
        if not called and name not in properties and not self._is_handed_on(node):
            self._problem(node, f"{kind}.{name} is a method: it does nothing until it is called")

    def _is_called(self, node: ast.Attribute) -> bool:
        parent = self._parents.get(node)
        return isinstance(parent, ast.Call) and parent.func is node

    def _is_handed_on(self, node: ast.Attribute) -> bool:
        """Tell methods given to a function, and ``signal.connect``."""
        parent = self._parents.get(node)
        handed = isinstance(parent, (ast.Call, ast.keyword, ast.Tuple, ast.List, ast.Dict))
        return handed or (
            isinstance(parent, ast.Attribute) and parent.attr in ("connect", "disconnect", "emit")
        )

    def _check_connection(self, call: ast.Call) -> None:
        if not isinstance(call.func, ast.Attribute) or call.func.attr not in ("connect", "disconnect"):
            return
        signal = call.args[0] if call.args else None
        if not isinstance(signal, ast.Constant) or not isinstance(signal.value, str):
            return
        kinds = self._kinds(call.func.value, self._scopes[call])
        if not kinds:
            self.findings.unverified.add(f"{ast.unparse(call.func.value)}: {normalised(signal.value)}")
        for kind in kinds:
            if kind not in self._api.classes:
                self.findings.unverified.add(f"{kind}: {normalised(signal.value)}")
            elif normalised(signal.value) not in self._api.signals(kind):
                self._problem(call, f"{kind} has no signal {signal.value}")

    def _problem(self, node: ast.AST, sentence: str) -> None:
        self.findings.problems.append(f"{self._name}:{getattr(node, 'lineno', 0)}: {sentence}")


def read_unverified(path: Path) -> list[str]:
    """Names of the checked-in list, without its comments."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [each for each in lines if each and not each.startswith("#")]


def python_files(*folders: Path) -> Iterator[Path]:
    """Source files below folders that touch Slicer or Qt, apart from the workbench, which has neither."""
    for folder in folders:
        for path in sorted(folder.rglob("*.py")):
            text = path.read_text(encoding="utf-8")
            if "workbench" not in path.parts and any(
                each in text for each in ("import qt", "slicer", "ui: ")
            ):
                yield path
