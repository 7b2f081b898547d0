"""All nodes of the scene that show a session: labels, candidates, proposal, drawing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from CACScoringLib.labels.segmentation_file import MapKind

from ..session.session import AnnotationSession
from .nodes_of_volume import find_node_for, hide_all_that_show, node_for
from .placement import ScanPlacement
from .shared_map import SharedLabelMap
from .shown_candidates import ShownCandidates
from .shown_drawing import ShownDrawing
from .shown_labels import ShownLabels
from .shown_proposal import ShownProposal
from .shown_uncertainty import ShownUncertainty

if TYPE_CHECKING:
    import slicer

_SEGMENTATION = "vtkMRMLSegmentationNode"
CALCIUM_OPACITY, REGION_OPACITY, OTHER_OPACITY = 0.75, 0.3, 0.4


class ReadingNodes:
    """The nodes of one reader's session with one volume.

    Label maps last: they are saved with the scene, and found again. All else is removed at the end.

    Parameters
    ----------
    scene, logic
        The scene, and Slicer's logic for segmentations.
    colour_logic
        Slicer's logic for colours; None where legends are not wanted.
    session
        The session.
    placement
        Where its scan lies.
    reader
        Whose labels these are.
    """

    def __init__(
        self,
        scene: slicer.vtkMRMLScene,
        logic: slicer.vtkSlicerSegmentationsModuleLogic,
        colour_logic: slicer.vtkSlicerColorLogic | None,
        session: AnnotationSession,
        placement: ScanPlacement,
        reader: str,
    ) -> None:
        self._scene, self._logic, self._colour_logic = scene, logic, colour_logic
        self._placement, self._reader = placement, reader
        self._passing: list[slicer.vtkMRMLNode] = []
        # Labels of another scan, or another reader's, must not be taken for these.
        hide_all_that_show(scene, _SEGMENTATION)
        self.calcium = ShownLabels(session, "cac", self._map("cac", "Calcium", lasting=True))
        self.calcium.shared.node.GetDisplayNode().SetVisibility(True)
        self.calcium.shared.node.GetDisplayNode().SetOpacity2DFill(CALCIUM_OPACITY)
        self.regions = ShownLabels(session, "car", self._map("car", "Artery regions", lasting=True))
        self.regions.shared.node.GetDisplayNode().SetVisibility(True)
        self.regions.shared.node.GetDisplayNode().SetOpacity2DFill(REGION_OPACITY)
        self.regions.shared.node.GetDisplayNode().SetVisibility3D(False)
        # Bones and half the slice are OTHER: enough to be seen, and not in the way.
        self.calcium.shared.show_other(fill=OTHER_OPACITY, in_3d=False)
        self.regions.shared.show_other(fill=0.0, in_3d=False)
        self.candidates = ShownCandidates(
            session,
            self._node("vtkMRMLLabelMapVolumeNode", "candidates", "Candidates"),
            self._node("vtkMRMLColorTableNode", "candidate colours", "Candidate colours"),
            placement,
        )
        placement.follow(self.candidates.node)
        self.proposal = ShownProposal(
            session, self._map("cac", "Proposed calcium"), self._map("car", "Proposed regions")
        )
        self.drawing = ShownDrawing(session, self._node(_SEGMENTATION, "drawing", "Drawing"), placement)
        placement.follow(self.drawing.node)
        self._uncertainty: ShownUncertainty | None = None
        self._keep_out_of_files()

    @property
    def uncertainty(self) -> ShownUncertainty:
        """The map of uncertainty, made on first use."""
        if self._uncertainty is None:
            node = self._node("vtkMRMLScalarVolumeNode", "uncertainty", "Uncertainty")
            colours = self._node("vtkMRMLColorTableNode", "uncertainty colours", "Uncertainty colours")
            self._placement.follow(node)
            self._uncertainty = ShownUncertainty(node, colours, self._placement, self._colour_logic)
            self._keep_out_of_files()
        return self._uncertainty

    def include(self, node: slicer.vtkMRMLNode) -> bool:
        """Tell whether a node is one of these, or shows one of them."""
        nodes = (self.calcium.shared.node, self.regions.shared.node, *self._passing)
        return any(node is own for each in nodes for own in (each, *_display_nodes(each)))

    def restore_labels(self) -> bool:
        """Write labels anew where the segmentations show anything else; returns whether one did."""
        return any([self.calcium.restore(), self.regions.restore()])

    def stop(self) -> None:
        """Follow the session no longer, and remove what can be made again; labels stay."""
        for shown in (self.calcium, self.regions, self.candidates, self.proposal, self.drawing):
            shown.stop()
        self._placement.stop()
        for node in reversed(self._passing):
            for each in (*_display_nodes(node), node):
                if each.GetScene() is not None:
                    self._scene.RemoveNode(each)

    def _map(self, kind: MapKind, name: str, *, lasting: bool = False) -> SharedLabelMap:
        shows = f"{name} of {self._reader}"
        if lasting:
            volume = self._placement.volume_node
            node = find_node_for(self._scene, _SEGMENTATION, volume, shows)
            if node is not None and node.GetDisplayNode() is None:
                # To give a segmentation another display node once it has lost its own crashes Slicer core.
                self._scene.RemoveNode(node)
            node = node_for(self._scene, _SEGMENTATION, volume, shows, shows, lasting=True)
            node.CreateDefaultDisplayNodes()
        else:
            node = self._node(_SEGMENTATION, shows, name)
        self._placement.follow(node)
        return SharedLabelMap(node, kind, self._placement, self._logic)

    def _node(self, class_name: str, shows: str, name: str):  # type: ignore[no-untyped-def]
        node = node_for(self._scene, class_name, self._placement.volume_node, shows, name)
        self._passing.append(node)
        return node

    def _keep_out_of_files(self) -> None:
        for node in self._passing:
            for display in _display_nodes(node):
                display.SetSaveWithScene(False)


def _display_nodes(node):  # type: ignore[no-untyped-def]  # of slicer-core, which has no stubs
    if not node.IsA("vtkMRMLDisplayableNode"):
        return []
    displays = [node.GetNthDisplayNode(index) for index in range(node.GetNumberOfDisplayNodes())]
    return [display for display in displays if display is not None]
