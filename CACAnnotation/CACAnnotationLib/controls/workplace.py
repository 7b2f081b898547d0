"""A reader at a project, with at most one scan open: what the panels drive."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from CACScoringLib.errors import CACError
from CACScoringLib.geometry import VolumeGeometry
from CACScoringLib.scans.ct_scan import CTScan
from CACScoringLib.scene.matrices import to_world
from CACScoringLib.scene.volumes import scan_of_volume_node
from CACScoringLib.scoring.protocol import ScoringProtocol
from numpy.typing import NDArray

from ..project.project import Project
from ..proposing.model_runner import ModelRunner
from ..queueing.following import QueueFollower
from ..queueing.labelling_queue import LabellingQueue
from ..scene.nodes_of_volume import SERIES, remove_with_labels, volume_of_series
from ..scene.placement import ScanPlacement
from ..scene.reading_nodes import ReadingNodes
from ..scene.slice_views import SliceViews
from ..scene.volume_of_scan import volume_of_scan
from ..session.session import AnnotationSession
from ..store.label_store import reader_name
from ..store.reading_kinds import OWN
from ..store.scan_register import ScanEntry, registered_scan
from .hand import Say
from .model_control import Later
from .open_scan import OpenScan
from .tools import ToolBox
from .volume_entry import entry_of_files, entry_of_scan
from .words import _

if TYPE_CHECKING:
    import slicer


class SlicerParts(NamedTuple):
    """What the application lends: its scene and the logics that the workplace needs."""

    scene: slicer.vtkMRMLScene
    application: slicer.vtkMRMLApplicationLogic
    segmentations: slicer.vtkSlicerSegmentationsModuleLogic
    colours: slicer.vtkSlicerColorLogic | None


class Workplace:
    """Opens and closes scans; errors of all methods are :class:`~CACScoringLib.errors.CACError`.

    Parameters
    ----------
    parts
        What the application lends.
    runner
        Runs models for the scan that is open.
    later, say, changed
        As of :class:`~.open_scan.OpenScan`; ``changed`` is also called when a scan is opened or closed.
    """

    def __init__(
        self,
        parts: SlicerParts,
        runner: ModelRunner,
        later: Later,
        say: Say,
        changed: Callable[[], object],
    ) -> None:
        self._parts, self._runner = parts, runner
        self._later, self._say, self._changed = later, say, changed
        self.views = SliceViews(parts.application)
        self.tools = ToolBox()
        self.project: Project | None = None
        self.protocol = ScoringProtocol()
        """Of scans that are opened from now on."""
        self.open_scan: OpenScan | None = None
        self.leaves_project: Callable[[], object] = lambda: None
        """Called before another project is chosen."""
        self._tag: int | None = None
        self._passing: slicer.vtkMRMLScalarVolumeNode | None = None

    def choose_project(self, project: Project | None) -> None:
        """Work in another project from now on; the scan that is open is closed."""
        self.leaves_project()
        self.close()
        if self.project is not None:
            self.project.store.close()
        self.project = project
        self._changed()

    def open_entry(
        self, entry: ScanEntry, reader: str, reading: int = OWN, *, passing: bool = False
    ) -> OpenScan:
        """Open a scan of the project, in its volume if the scene has it, else in a new one.

        Parameters
        ----------
        entry, reader
            The scan, and the name of the reader.
        reading
            Which of the reader's readings, see :mod:`~CACAnnotationLib.store.reading_kinds`.
        passing
            Take the volume out of the scene again once the scan is closed, if this is what brings it in: who
            walks through a queue opens hundreds.
        """
        project = self._needed_project()
        scan = project.read_scan(entry)
        volume = volume_of_series(self._parts.scene, entry.series)
        if volume is not None and not _shows(volume, scan):
            volume.RemoveAttribute(SERIES)
            volume = None
        is_new = volume is None
        if volume is None:
            volume = volume_of_scan(self._parts.scene, scan, entry.name)
        opened = self._open(entry, reader, scan, volume, None, reading)
        if passing and is_new:
            self._passing = volume
        return opened

    def open_volume(
        self, volume: slicer.vtkMRMLScalarVolumeNode, files: Sequence[Path], reader: str
    ) -> OpenScan:
        """Open a volume of the scene; if the project does not have it, it is added.

        Parameters
        ----------
        volume
            The volume; it may be oblique and under a transform that does not warp.
        files
            What it was loaded from, as far as anybody knows.
        reader
            Name of the reader.
        """
        project = self._needed_project()
        world = to_world(volume, "volume")
        scan = scan_of_volume_node(volume)
        series = volume.GetAttribute(SERIES)
        entry = registered_scan(project.store, series) if series else None
        if entry is None or entry.shape != scan.geometry.shape:
            entry = entry_of_scan(project, _moved(scan, np.linalg.inv(world)), volume.GetName(), files)
        return self._open(entry, reader, scan, volume, world)

    def open_files(self, files: Sequence[Path], reader: str) -> OpenScan:
        """Open the scan that lies in files, those of a DICOM series say, added to the project if need be."""
        return self.open_entry(entry_of_files(self._needed_project(), files), reader)

    def close(self) -> None:
        """Close the scan that is open; its volume and labels stay in the scene."""
        if self.open_scan is not None:
            self._parts.scene.RemoveObserver(self._tag)
            closing, self.open_scan = self.open_scan, None
            closing.close()
            self.views.hide()
            passing, self._passing = self._passing, None
            if passing is not None and passing.GetScene() is not None:
                remove_with_labels(self._parts.scene, passing)
            self._changed()

    def _open(
        self,
        entry: ScanEntry,
        reader: str,
        scan: CTScan,
        volume: slicer.vtkMRMLScalarVolumeNode,
        read_under: NDArray[np.float64] | None,
        reading: int = OWN,
    ) -> OpenScan:
        project = self._needed_project()
        reader = reader_name(reader)
        stored = project.store.reading(entry.series, entry.shape, reader, reading)
        session = AnnotationSession(scan, stored, project.scheme, self.protocol)
        QueueFollower(session, LabellingQueue(project.store, reader))
        self._runner.open(scan)
        # What is opened once more, in another reading say, stays as passing as it was.
        passing = volume if volume is self._passing else None
        if passing is not None:
            self._passing = None
        self.close()
        self._passing = passing
        volume.SetAttribute(SERIES, entry.series)
        placement = ScanPlacement(scan, volume, read_under)
        parts = self._parts
        nodes = ReadingNodes(parts.scene, parts.segmentations, parts.colours, session, placement, reader)
        self.views.show(volume, nodes.candidates.node)
        self.open_scan = OpenScan(
            entry,
            session,
            placement,
            nodes,
            self.views,
            self.tools,
            self._runner,
            self._later,
            self._say,
            self._changed,
        )
        self._tag = parts.scene.AddObserver(parts.scene.NodeAboutToBeRemovedEvent, self._node_goes())
        self._changed()
        return self.open_scan

    def _node_goes(self) -> Callable[..., None]:
        """Make the observer that closes a scan whose volume or labels are deleted in the scene."""
        import vtk

        @vtk.calldata_type(vtk.VTK_OBJECT)
        def goes(_scene: object, _event: str, node: slicer.vtkMRMLNode) -> None:
            if self.open_scan is not None and self.open_scan.needs(node):
                name = node.GetName()
                self.close()
                self._say(
                    _("{name} was deleted, so the scan is closed; all labels are stored").format(name=name)
                )

        return goes

    def _needed_project(self) -> Project:
        if self.project is None:
            raise CACError(_("choose a project first: labels are kept there"))
        return self.project


def _shows(volume: slicer.vtkMRMLScalarVolumeNode, scan: CTScan) -> bool:
    """Tell whether a volume still holds a scan, before any transform."""
    if volume.GetImageData() is None:
        return False
    shown = scan_of_volume_node(volume)
    local = _moved(shown, np.linalg.inv(to_world(volume, "volume")))
    return local.geometry.difference(scan.geometry) is None and np.array_equal(local.hu, scan.hu)


def _moved(scan: CTScan, matrix: NDArray[np.floating]) -> CTScan:
    """A scan where a transform, homogeneous 4 x 4 of RAS, puts it."""
    geometry = VolumeGeometry.of_ijk_to_ras(matrix @ scan.geometry.ijk_to_ras, scan.geometry.size)
    return dataclasses.replace(scan, geometry=geometry)
