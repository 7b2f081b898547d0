"""Matrices of the scene as arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..errors import CACError

if TYPE_CHECKING:
    import slicer
    import vtk


def array_of(matrix: vtk.vtkMatrix4x4) -> NDArray[np.float64]:
    """Copy a matrix into an array."""
    import slicer.util

    return slicer.util.arrayFromVTKMatrix(matrix)


def to_world(node: slicer.vtkMRMLTransformableNode, what: str) -> NDArray[np.float64]:
    """Homogeneous 4 x 4 matrix from a node's own RAS to the world's."""
    import vtk

    transform = node.GetParentTransformNode()
    matrix = vtk.vtkMatrix4x4()
    if transform is not None:
        if not transform.IsTransformToWorldLinear():
            raise CACError(f"the {what} lies under a transform that warps it; harden the transform first")
        transform.GetMatrixTransformToWorld(matrix)
    return array_of(matrix)
