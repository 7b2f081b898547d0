"""Reader of the list of what a scripted module reaches of Qt, CTK and Slicer's widgets through PythonQt."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

# What PythonQt gives every QObject; the list begins above QObject.
OBJECT_PROPERTIES = {"objectName": True}
OBJECT_NAMES = frozenset(
    [
        "blockSignals",
        "children",
        "className",
        "connect",
        "deleteLater",
        "delete",
        "disconnect",
        "dynamicPropertyNames",
        "emit",
        "event",
        "eventFilter",
        "findChild",
        "findChildren",
        "help",
        "inherits",
        "installEventFilter",
        "isWidgetType",
        "isWindowType",
        "killTimer",
        "metaObject",
        "moveToThread",
        "name",
        "parent",
        "property",
        "removeEventFilter",
        "setObjectName",
        "setParent",
        "setProperty",
        "signalsBlocked",
        "startTimer",
        "thread",
    ]
)
OBJECT_SIGNALS = frozenset({"destroyed()", "destroyed(QObject*)", "objectNameChanged(QString)"})
# What Slicer adds to classes for Python alone, which their headers do not tell.
ADDED_FOR_PYTHON = {
    "qSlicerCoreApplication": frozenset({"testingEnabled"}),
    "qSlicerMainWindow": frozenset({"moduleSelector"}),
}
# A base class of listed ones that the list leaves out.
MODULE_PROPERTIES = {"name": False, "path": True, "title": False, "hidden": False}
MODULE_NAMES = frozenset({"createNewWidgetRepresentation", "logic", "setMRMLScene", "widgetRepresentation"})
# Python keywords, present or past, that PythonQt spells with an underscore.
SPELLINGS = {"exec_": "exec", "raise_": "raise", "print_": "print"}


def normalised(signature: str) -> str:
    """Signature without spaces, and without the argument that only Qt itself can give."""
    return signature.replace(" ", "").replace("QPrivateSignal", "").replace(",)", ")")


class QtApi:
    """The list, read.

    Parameters
    ----------
    path
        The file ``slicer_qt_api.json``.
    """

    def __init__(self, path: Path) -> None:
        self.classes = json.loads(path.read_text(encoding="utf-8"))["classes"]

    def lineage(self, name: str | None) -> Iterator[str]:
        """Name a class and its bases, as far as the list has them."""
        while name is not None and name in self.classes:
            yield name
            name = self.classes[name]["base"]

    @cache  # noqa: B019 (one list for a whole run)
    def properties(self, name: str) -> dict[str, bool]:
        """Properties of a class by name; True where they can be written."""
        found = dict(OBJECT_PROPERTIES)
        if "qSlicerAbstractModule" in self.lineage(name):
            found.update(MODULE_PROPERTIES)
        for each in reversed(list(self.lineage(name))):
            facts = self.classes[each]["properties"]
            found.update({key: value["writable"] for key, value in facts.items()})
        return found

    def writable(self, name: str) -> set[str]:
        """Properties that can be set."""
        return {key for key, writable in self.properties(name).items() if writable}

    def signatures(self, name: str, *kinds: str) -> set[str]:
        """Normalised signatures of ``signals``, ``slots``, ``methods`` or ``invokables``."""
        facts = (self.classes[each][kind] for each in self.lineage(name) for kind in kinds)
        return {normalised(signature) for each in facts for signature in each}

    def signals(self, name: str) -> set[str]:
        """Signatures that can be connected."""
        return self.signatures(name, "signals") | OBJECT_SIGNALS

    @cache  # noqa: B019 (one list for a whole run)
    def callables(self, name: str) -> frozenset[str]:
        """Names that can be called: methods, slots, invokables and signals."""
        found = self.signatures(name, "methods", "slots", "signals", "invokables") | OBJECT_SIGNALS
        extra = MODULE_NAMES if "qSlicerAbstractModule" in self.lineage(name) else frozenset()
        return frozenset(each.partition("(")[0] for each in found) | OBJECT_NAMES | extra

    def names(self, name: str) -> set[str]:
        """Attributes of an object: properties, and everything that can be called."""
        spelled = {python for python, qt in SPELLINGS.items() if qt in self.callables(name)}
        return set(self.properties(name)) | self.callables(name) | spelled


@cache
def reference_api() -> QtApi | None:
    """Read the list from the folder that ``CAC_REFERENCE_DATA`` names; None where there is none."""
    folder = os.environ.get("CAC_REFERENCE_DATA")
    path = Path(folder, "slicer_qt_api.json") if folder else None
    return QtApi(path) if path is not None and path.is_file() else None
