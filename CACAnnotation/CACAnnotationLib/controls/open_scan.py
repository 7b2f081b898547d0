"""A scan that is open: its session, its nodes in the scene, what the mouse does in the views."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from CACScoringLib.open_readings import open_readings

from ..proposing.model_runner import ModelRunner
from ..scene.placement import ScanPlacement
from ..scene.reading_nodes import ReadingNodes
from ..scene.slice_views import SliceViews
from ..scene.stroke_line import StrokeLine
from ..scene.view_pointer import ViewPointer
from ..session.session import AnnotationSession
from ..store.scan_register import ScanEntry
from .hand import Hand, Say, sentences
from .live_reading import LiveReading
from .model_control import Later, ModelControl
from .tools import ToolBox
from .view_tool import Pointing, ViewTool
from .words import _

if TYPE_CHECKING:
    import slicer
    import vtk


class View(NamedTuple):
    """A slice view: its interactor, its node, and what has it drawn soon."""

    interactor: vtk.vtkRenderWindowInteractor
    node: slicer.vtkMRMLSliceNode
    render: Callable[[], object]


class OpenScan:
    """What belongs to a scan as long as it is open.

    Parameters
    ----------
    entry, session, placement, nodes
        The scan in the project, its session, where it lies, and what shows it.
    views
        All slice views.
    tools
        The tool in hand.
    runner
        Runs models.
    later, say, changed
        As of :class:`~.model_control.ModelControl`; ``changed`` is also called when another slice is shown.
    """

    def __init__(
        self,
        entry: ScanEntry,
        session: AnnotationSession,
        placement: ScanPlacement,
        nodes: ReadingNodes,
        views: SliceViews,
        tools: ToolBox,
        runner: ModelRunner,
        later: Later,
        say: Say,
        changed: Callable[[], object],
    ) -> None:
        self.entry, self.session, self.placement, self.nodes = entry, session, placement, nodes
        self.hand = Hand(session, placement, tools, say)
        self.model = ModelControl(session, runner, later, say, changed)
        self._views, self._tools, self._say, self._changed = views, tools, say, changed
        self.pointing = Pointing()
        self._pointers: list[tuple[ViewPointer, StrokeLine]] = []
        self._axial: tuple[slicer.vtkMRMLSliceNode, int] | None = None
        self._moved_tag: int | None = None
        self._volume_id = placement.volume_node.GetID()
        open_readings.begin(self._volume_id, LiveReading(session, self.model, session.desk.reading.reader))

    @property
    def volume_node(self) -> slicer.vtkMRMLScalarVolumeNode:
        """The volume that is read."""
        return self.placement.volume_node

    def watch(self, views: Iterable[View]) -> None:
        """Let the mouse work in these views, and follow the slice of the axial one."""
        self.unwatch()
        for view in views:
            line = StrokeLine(view.interactor, view.node, view.render)
            is_shown = partial(self._is_shown_in, view.node)
            tool = ViewTool(self.session, self.hand, self._tools, line, self.pointing, is_shown)
            self._pointers.append((ViewPointer(view.interactor, view.node, tool), line))
        self._follow_axial()
        moved = self.volume_node.TransformModifiedEvent
        self._moved_tag = self.volume_node.AddObserver(moved, lambda *_: self._follow_axial())

    def unwatch(self) -> None:
        """Leave the mouse to the views."""
        for pointer, line in self._pointers:
            pointer.stop()
            line.stop()
        self._pointers.clear()
        if self._moved_tag is not None:
            self.volume_node.RemoveObserver(self._moved_tag)
            self._moved_tag = None
        self._leave_axial()

    def _follow_axial(self) -> None:
        """Follow the view that is the axial one, which a transform of the volume may change."""
        self._leave_axial()
        with sentences(self._say):
            node = self._views.axial(self.placement)
            if node is not None:
                self._axial = (
                    node,
                    node.AddObserver("ModifiedEvent", lambda *_: self._slice_may_have_changed()),
                )
        self._slice_may_have_changed()

    def _leave_axial(self) -> None:
        if self._axial is not None:
            node, tag = self._axial
            node.RemoveObserver(tag)
            self._axial = None

    def needs(self, node: slicer.vtkMRMLNode) -> bool:
        """Tell whether the scan cannot stay open without a node of the scene."""
        return node is self.volume_node or self.nodes.include(node)

    @property
    def slice_index(self) -> int | None:
        """Slice that the axial view shows; None where there is no such view, or it is outside the scan."""
        return self.session.slices.current

    def go_to_slice(self, slice_index: int | None) -> None:
        """Show a slice in the axial view, at the place that the other views show."""
        if slice_index is None:
            return
        node = self._views.axial(self.placement)
        if node is None:
            return
        matrix = node.GetSliceToRAS()
        i, j, _ = self.placement.ijk_of([matrix.GetElement(row, 3) for row in range(3)])
        node.JumpSliceByOffsetting(*self.placement.world_of((i, j, slice_index)))

    def go_to(self, ijk: tuple[float, float, float]) -> None:
        """Show a place in all views."""
        self._views.jump(self.placement.world_of(ijk))

    def close(self) -> None:
        """Take everything away but volume and labels; the time spent is kept."""
        open_readings.end(self._volume_id)
        self.unwatch()
        self.model.stop()
        self.nodes.stop()
        with sentences(self._say):
            self.session.close()

    def restore_labels(self) -> None:
        """Show labels as they are stored, where somebody has changed the segmentation in another module."""
        if self.nodes.restore_labels():
            self._say(
                _(
                    "What was changed in the segmentation elsewhere is neither stored nor scored, and was "
                    "taken back: label here"
                )
            )

    def _is_shown_in(self, node: slicer.vtkMRMLSliceNode) -> bool:
        """Tell whether a view shows the scan; if not it does so now, and the reader is told."""
        if self._views.shows(node, self.volume_node):
            return True
        self._views.show_in(node, self.volume_node, self.nodes.candidates.node)
        self._say(_("This view showed another volume. It shows the scan again: click once more"))
        return False

    def _slice_may_have_changed(self) -> None:
        slice_index = self._axial_slice()
        if slice_index is None or slice_index == self.slice_index:
            return
        with sentences(self._say):
            self.session.slices.show(slice_index)
        self.nodes.drawing.show(slice_index)
        self._changed()

    def _axial_slice(self) -> int | None:
        """Slice that the axial view has come to; None where it is outside the scan, or nobody can tell."""
        if self._axial is None:
            return None
        matrix = self._axial[0].GetSliceToRAS()
        with sentences(self._say):
            _, _, k = self.placement.ijk_of([matrix.GetElement(row, 3) for row in range(3)])
            slice_index = round(float(k))
            return slice_index if 0 <= slice_index < self.placement.size[2] else None
        return None
