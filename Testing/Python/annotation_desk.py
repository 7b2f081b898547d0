"""A reader at the panel of CAC Annotation: mouse, keyboard, and what they see."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from CACScoringLib.schemes import label_scheme
from numpy.typing import NDArray

if TYPE_CHECKING:
    from SlicerStandIn import StandIn

MODULE = Path(__file__).parents[2] / "CACAnnotation" / "CACAnnotation.py"
SIZE = (60, 60, 12)
"""Columns, rows, slices."""
IJK_TO_RAS = np.diag([-2.0, -2.0, 3.0, 1.0])
LONG, SMALL, FAINT, SPECK = (22, 22, 5), (42, 31, 5), (30, 45, 5), (15, 45, 5)
"""A place on each lesion, as column, row, slice; the first spans the slices 4 to 6, the last is one voxel."""
NOWHERE = (12, 40, 5)
LAD, LCX, RCA = (label_scheme()[name].value for name in ("LAD", "LCX", "RCA"))
OTHER = label_scheme()["OTHER"].value


def chest() -> NDArray[np.int16]:
    """HU ``[slice, row, column]``: four lesions and a bone."""
    hu = np.full(SIZE[::-1], -50, np.int16)
    hu[:, 8:52, 8:52] = 40
    hu[4:7, 20:25, 20:25] = 450
    hu[5, 30:33, 41:44] = 300
    hu[5, 44:47, 29:32] = 140
    hu[5, 45, 15] = 200
    hu[:, 53:57, 20:40] = 700
    return hu


class AnnotationDesk:
    """The panel in a window, with a project in a folder.

    Parameters
    ----------
    stand_in
        The window.
    folder
        For the project.
    """

    def __init__(self, stand_in: StandIn, folder: Path) -> None:
        self.stand_in, self.hands, self.dialogs = stand_in, stand_in.hands, stand_in.dialogs
        self.folder = folder / "project"
        self.widget = stand_in.open_module("CACAnnotation")

    @property
    def ui(self) -> Any:
        return self.widget.ui

    @property
    def scan(self) -> Any:
        """What is open, as the panel has it."""
        return self.widget.panel._context.scan

    @property
    def message(self) -> str:
        return self.ui.messageLabel.text

    @property
    def score(self) -> str:
        """Score and state, without their looks."""
        return re.sub("<.*?>", "", self.ui.scoreLabel.text.replace("<br>", ": "))

    def volume(self, ijk_to_ras: NDArray = IJK_TO_RAS, name: str = "CT", hu: NDArray | None = None) -> Any:
        import slicer

        return slicer.util.addVolumeFromArray(chest() if hu is None else hu, ijkToRAS=ijk_to_ras, name=name)

    def begin(self, reader: str = "Anna") -> None:
        """Enter a name and make a project."""
        self.hands.type(self.ui.readerEdit, reader, enter=True)
        self.dialogs.answer(str(self.folder))
        self.hands.click(self.ui.newProjectButton)

    def read(self, volume: Any) -> None:
        """Open a volume of the scene."""
        self.ui.scanSection.collapsed = False
        self.ui.sourceTabs.currentIndex = 1
        self.hands.choose(self.ui.volumeSelector, volume.GetName())
        self.hands.click(self.ui.readVolumeButton)
        self.hands.settle(100)
        self.stand_in.render()

    def world(self, ijk: tuple[float, float, float]) -> NDArray[np.float64]:
        return self.scan.placement.world_of(ijk)

    def go(self, ijk: tuple[int, int, int]) -> None:
        self.scan.go_to(ijk)
        self.hands.settle()

    def click(self, ijk: tuple[float, float, float], held: str = "", view: str = "Red") -> None:
        """Click a place in a view, once it shows it."""
        self.go(ijk)  # type: ignore[arg-type]
        self.hands.click_ras(self.stand_in.slice_view(view), self.world(ijk), held)

    def drag(self, path: list[tuple[float, float, float]], held: str = "", view: str = "Red") -> None:
        self.go(tuple(map(round, path[0])))  # type: ignore[arg-type]
        self.hands.drag_ras(self.stand_in.slice_view(view), [self.world(each) for each in path], held)

    def key(self, key: str, held: str = "") -> None:
        self.hands.press(key, held, on=self.stand_in.slice_view("Red"))

    def label(self, ijk: tuple[int, int, int], layer: str = "cac") -> int:
        i, j, k = ijk
        return int(self.scan.session.desk.layers[layer][k, j, i])

    def shown(self, kind: str = "calcium") -> NDArray[np.uint8]:
        """Label map that a segmentation of the scene shows."""
        from CACScoringLib.scene.segmentations import labels_of_segmentation

        node = getattr(self.scan.nodes, kind).shared.node
        return labels_of_segmentation(node, self.scan.placement.geometry)

    def pixel(self, ijk: tuple[float, float, float], view: str = "Red") -> tuple[int, int, int]:
        self.stand_in.render()
        return self.stand_in.pixel(self.stand_in.slice_view(view), self.world(ijk))


def observers(thing: Any) -> int:
    """Number of observers of a VTK object, as it prints them."""
    return str(thing).count("vtkObserver (")
