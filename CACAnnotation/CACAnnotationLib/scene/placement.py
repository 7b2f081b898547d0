"""Where the voxels of a session's scan lie in the scene, whatever transform its volume is under by now."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from CACScoringLib.geometry import VolumeGeometry, transform_points
from CACScoringLib.scans.ct_scan import CTScan
from CACScoringLib.scene.matrices import to_world
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    import slicer


class ScanPlacement:
    """Converts between the scene's world and the scan's voxels, and has other nodes follow the volume.

    A scan keeps the geometry that it had when it was read; its volume may be put under a transform at any
    time. All places are RAS in mm, shape ``(3,)`` or ``(n, 3)``. Where the volume lies under a transform that
    warps it, everything here raises a :class:`~CACScoringLib.errors.CACError`.

    Parameters
    ----------
    scan
        The scan of the session.
    volume_node
        The volume that shows it.
    read_under
        Homogeneous 4 x 4 matrix from the volume's RAS to the world's that the scan's geometry contains: that
        of a scan read from the scene; None for a scan read from its file.
    """

    def __init__(
        self,
        scan: CTScan,
        volume_node: slicer.vtkMRMLScalarVolumeNode,
        read_under: NDArray[np.float64] | None = None,
    ) -> None:
        import slicer

        self.volume_node = volume_node
        self._scan = scan
        self.ijk_to_node: NDArray[np.float64] = scan.geometry.ijk_to_ras
        if read_under is not None:
            self.ijk_to_node = np.linalg.inv(read_under) @ self.ijk_to_node
        self._followers: list[slicer.vtkMRMLTransformableNode] = []
        self._tag = volume_node.AddObserver(
            slicer.vtkMRMLTransformableNode.TransformModifiedEvent, lambda *_: self._have_them_follow()
        )

    def stop(self) -> None:
        """Have nothing follow the volume any longer."""
        self.volume_node.RemoveObserver(self._tag)
        self._followers.clear()

    def follow(self, node: slicer.vtkMRMLTransformableNode) -> None:
        """Put a node under whatever transform the volume is under, now and later."""
        self._followers.append(node)
        self._have_them_follow()

    @property
    def size(self) -> tuple[int, int, int]:
        """Columns, rows and slices of the scan."""
        return self._scan.geometry.size

    @property
    def ijk_to_world(self) -> NDArray[np.float64]:
        """Homogeneous 4 x 4 matrix from column, row and slice to the world."""
        return to_world(self.volume_node, "volume") @ self.ijk_to_node

    @property
    def geometry(self) -> VolumeGeometry:
        """The scan's grid as it lies in the world."""
        return VolumeGeometry.of_ijk_to_ras(self.ijk_to_world, self.size)

    @property
    def slice_normal(self) -> NDArray[np.float64]:
        """Unit vector of the world across the scan's slices, shape ``(3,)``."""
        across = np.cross(*self.ijk_to_world[:3, :2].T)
        return across / np.linalg.norm(across)

    def ijk_of(self, world_mm: ArrayLike) -> NDArray[np.float64]:
        """Column, row and slice, with fractions, of places of the world."""
        return transform_points(np.linalg.inv(self.ijk_to_world), world_mm)

    def world_of(self, ijk: ArrayLike) -> NDArray[np.float64]:
        """Places of the world of columns, rows and slices."""
        return transform_points(self.ijk_to_world, ijk)

    def scan_ras_of(self, world_mm: ArrayLike) -> NDArray[np.float64]:
        """Places of the world in the scan's own geometry, which the session knows."""
        return self._scan.geometry.ras_of(self.ijk_of(world_mm))

    def scan_normal_of(self, normal: ArrayLike) -> NDArray[np.float64]:
        """Turn a vector across a plane of the world into one across the same plane of the scan's geometry."""
        scan_to_world = self.ijk_to_world @ np.linalg.inv(self._scan.geometry.ijk_to_ras)
        return scan_to_world[:3, :3].T @ np.asarray(normal, np.float64)

    def _have_them_follow(self) -> None:
        transform = self.volume_node.GetTransformNodeID()
        for node in self._followers:
            if node.GetTransformNodeID() != transform:
                node.SetAndObserveTransformNodeID(transform)
