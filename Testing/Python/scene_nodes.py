"""Nodes of real Slicer core, shared by the tests of the two scene files."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

slicer = pytest.importorskip("slicer", reason="slicer-core is not installed")
vtk = pytest.importorskip("vtk")

SPACING = (0.4, 0.5, 3.0)
AXIAL = np.diag([-0.4, -0.5, 3.0, 1.0])


class Scene:
    """An empty scene with the logic that makes segmentations work in it."""

    def __init__(self) -> None:
        self.scene = slicer.vtkMRMLScene()
        self.segmentations = slicer.vtkSlicerSegmentationsModuleLogic()
        self.segmentations.SetMRMLScene(self.scene)

    def add(self, kind: str):
        # By its class and not by name: this scene has no application that registers every class by name.
        return self.scene.AddNode(getattr(slicer, f"vtkMRML{kind}Node")())

    def volume(self, hu: NDArray, ijk_to_ras: NDArray = AXIAL):
        from vtk.util.numpy_support import numpy_to_vtk

        image = vtk.vtkImageData()
        image.SetDimensions(hu.shape[::-1])
        image.GetPointData().SetScalars(numpy_to_vtk(hu.reshape(-1), deep=True))
        node = self.add("ScalarVolume")
        node.SetIJKToRASMatrix(slicer.util.vtkMatrixFromArray(ijk_to_ras))
        node.SetAndObserveImageData(image)
        return node

    def transform(self, matrix: NDArray):
        node = self.add("LinearTransform")
        node.SetMatrixTransformToParent(slicer.util.vtkMatrixFromArray(matrix))
        return node

    def warp(self):
        points = vtk.vtkPoints()
        moved = vtk.vtkPoints()
        for place in itertools.product((-20.0, 20.0), repeat=3):
            points.InsertNextPoint(place)
            moved.InsertNextPoint([each * 1.1 + 0.01 * place[0] * place[1] for each in place])
        spline = vtk.vtkThinPlateSplineTransform()
        spline.SetSourceLandmarks(points)
        spline.SetTargetLandmarks(moved)
        spline.SetBasisToR()
        node = self.add("Transform")
        node.SetAndObserveTransformToParent(spline)
        return node


def rotated(handed: int = 1) -> NDArray:
    """IJK-to-RAS matrix of slices nearly axial and turned about all axes; ``handed`` -1 for left-handed."""
    matrix = np.eye(4)
    turn = Rotation.from_euler("xyz", [8, -11, 25], degrees=True).as_matrix()
    matrix[:3, :3] = turn @ np.diag([-1, -1, handed]) * SPACING
    matrix[:3, 3] = (31.0, -12.0, 7.5)
    return matrix


def moved_by(x: float, y: float, z: float, degrees: float = 0.0) -> NDArray:
    """Rigid transform: a turn about the head-foot axis, then a shift in mm."""
    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.from_euler("z", degrees, degrees=True).as_matrix()
    matrix[:3, 3] = (x, y, z)
    return matrix


# Grids of the same spacing as volumes of the scene may have them.
GRIDS = pytest.mark.parametrize(
    "ijk_to_ras",
    [
        AXIAL,
        np.diag([0.4, -0.5, -3.0, 1.0]),
        np.diag([0.4, 0.5, -3.0, 1.0]),
        rotated(),
        rotated(-1),
    ],
    ids=["axial", "feet first", "left-handed", "oblique", "oblique left-handed"],
)
