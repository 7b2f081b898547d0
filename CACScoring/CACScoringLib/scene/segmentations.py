"""Label maps as segmentations, and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import CACError
from ..geometry import VolumeGeometry
from ..labels.grid import on_grid
from ..labels.segmentation_file import MapKind, terminology_entry
from ..schemes import label_scheme
from .matrices import array_of, to_world

if TYPE_CHECKING:
    import slicer

_BINARY, _SURFACE = "Binary labelmap", "Closed surface"


def labels_of_segmentation(
    node: slicer.vtkMRMLSegmentationNode, geometry: VolumeGeometry
) -> NDArray[np.uint8]:
    """Read a segmentation that lies on the grid of a scan; nothing is resampled.

    Returns
    -------
    CAC label map ``[slice, row, column]``. Segments are found by name, whatever their ids and label values;
    a segmentation may number the axes of the grid in another order and hold only a part of it.

    Raises
    ------
    CACError
        If a segment with voxels has a name outside the scheme, lies on another grid or outside the scan,
        overlaps another, or is no binary label map; or if the segmentation is under a warping transform.
    """
    segmentation = node.GetSegmentation()
    if segmentation.GetNumberOfSegments() and not segmentation.ContainsRepresentation(_BINARY):
        raise CACError("the segmentation holds no binary label maps; create them in the Segmentations module")
    node_to_world = to_world(node, "segmentation")
    labels = np.zeros(geometry.shape, np.uint8)
    for layer in range(segmentation.GetNumberOfLayers(_BINARY)):
        image = segmentation.GetLayerDataObject(layer, _BINARY)
        segments = [
            segmentation.GetSegment(each) for each in segmentation.GetSegmentIDsForLayer(layer, _BINARY)
        ]
        if image.GetPointData().GetScalars() is not None:
            _add_layer(labels, geometry, *_voxels_of_layer(image, segments), node_to_world)
    return labels


def show_labels(
    labels: NDArray[np.uint8],
    geometry: VolumeGeometry,
    segmentation_node: slicer.vtkMRMLSegmentationNode,
    volume_node: slicer.vtkMRMLScalarVolumeNode,
    logic: slicer.vtkSlicerSegmentationsModuleLogic,
    kind: MapKind = "cac",
) -> None:
    """Write a label map into a segmentation, one segment per label of the scheme, present or not.

    Segments of those names are overwritten, others stay. A segmentation without segments also takes the
    volume's grid for reference and its place in the transform hierarchy.

    Parameters
    ----------
    labels
        Label map, ``[slice, row, column]``.
    geometry
        The geometry of the scan that was labelled, as :func:`~.volumes.scan_of_volume_node` gives it.
    segmentation_node
        Where to write.
    volume_node
        The volume that was labelled.
    logic
        Slicer's logic for segmentations.
    kind
        What the labels mean: calcium or artery regions.
    """
    segments = [
        Segment(label.name, label.value, label.colour, terminology_entry(label, label_scheme(), kind))
        for label in label_scheme().labels
    ]
    write_segments(labels, geometry, segments, segmentation_node, volume_node, logic)


class Segment(NamedTuple):
    """A segment: its name, its value in the label map, its colour from 0 to 255, and its coded terms."""

    name: str
    value: int
    colour: tuple[int, int, int]
    terminology: str = ""


def write_segments(
    values: NDArray[np.uint8],
    geometry: VolumeGeometry,
    segments: Sequence[Segment],
    segmentation_node: slicer.vtkMRMLSegmentationNode,
    volume_node: slicer.vtkMRMLScalarVolumeNode,
    logic: slicer.vtkSlicerSegmentationsModuleLogic,
) -> None:
    """Write a map of any meaning into a segmentation; all is as in :func:`show_labels` but the segments.

    Parameters
    ----------
    values
        The map, ``[slice, row, column]``.
    segments
        What its values are.
    geometry, segmentation_node, volume_node, logic
        As in :func:`show_labels`.
    """
    import slicer.util

    segmentation = segmentation_node.GetSegmentation()
    if not segmentation.GetNumberOfSegments():
        segmentation_node.SetReferenceImageGeometryParameterFromVolumeNode(volume_node)
        segmentation_node.SetAndObserveTransformNodeID(volume_node.GetTransformNodeID())
        segmentation_node.CreateDefaultDisplayNodes()
    to_node = np.linalg.inv(to_world(segmentation_node, "segmentation")) @ geometry.ijk_to_ras
    image = _oriented_image(values, to_node)
    with slicer.util.NodeModify(segmentation_node):
        ids = {_segment_id(segmentation, each): each for each in segments}
        for segment_id, each in ids.items():
            segment = segmentation.GetSegment(segment_id)
            layer = segment.GetRepresentation(_BINARY)
            if not set(segmentation.GetSegmentIDsForDataObject(layer, _BINARY)) <= set(ids):
                # Another segment keeps the old layer: no voxels without an owner may stay behind in it.
                logic.ClearSegment(segmentation_node, segment_id)
            segment.SetLabelValue(each.value)
            segment.AddRepresentation(_BINARY, image)
        if segmentation.ContainsRepresentation(_SURFACE):
            segmentation.CreateRepresentation(_SURFACE, True)


def _voxels_of_layer(
    image: slicer.vtkOrientedImageData, segments: list[slicer.vtkSegment]
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """A layer's voxels as label values, and the matrix from their indices to the segmentation's RAS."""
    import vtk
    from vtk.util.numpy_support import vtk_to_numpy

    stored = vtk_to_numpy(image.GetPointData().GetScalars()).reshape(image.GetDimensions()[::-1])
    value_of = np.zeros(int(stored.max(initial=0)) + 1, np.uint8)
    for segment in segments:
        name, value = segment.GetName(), segment.GetLabelValue()
        if name.strip().upper() in label_scheme().names:
            value_of[value : value + 1] = label_scheme()[name].value
        elif (stored == value).any():
            raise CACError(
                f"segment '{name}' is not one of {', '.join(label_scheme().names)}; rename or remove it"
            )
    image_to_node = vtk.vtkMatrix4x4()
    image.GetImageToWorldMatrix(image_to_node)
    first = np.eye(4)
    first[:3, 3] = image.GetExtent()[::2]
    labels = np.zeros(stored.shape, np.uint8)
    # Few voxels are labelled: looking up every voxel takes several times as long.
    labelled = np.flatnonzero(stored)
    labels.reshape(-1)[labelled] = np.take(value_of, stored.reshape(-1)[labelled], mode="clip")
    return labels, array_of(image_to_node) @ first


def _add_layer(
    labels: NDArray[np.uint8],
    geometry: VolumeGeometry,
    layer: NDArray[np.uint8],
    layer_to_node: NDArray[np.float64],
    node_to_world: NDArray[np.float64],
) -> None:
    """Write a layer's labels into the label map of a scan."""
    if not layer.any():
        return
    placed = on_grid(layer, node_to_world @ layer_to_node, geometry)
    if np.minimum(labels, placed).any():
        raise CACError(
            "segments overlap: a voxel belongs to one artery; erase it from the others in the Segment Editor"
        )
    labels |= placed


def _segment_id(segmentation: slicer.vtkSegmentation, wanted: Segment) -> str:
    """Id of the segment of that name, made where it is missing, with its colour and coded terms."""
    import slicer

    segment_id = segmentation.GetSegmentIdBySegmentName(wanted.name) or segmentation.AddEmptySegment(
        wanted.name, wanted.name
    )
    segment = segmentation.GetSegment(segment_id)
    segment.SetColor(*(channel / 255 for channel in wanted.colour))
    if wanted.terminology:
        segment.SetTag(slicer.vtkSegment.GetTerminologyEntryTagName(), wanted.terminology)
    return segment_id


def _oriented_image(
    labels: NDArray[np.uint8], ijk_to_node: NDArray[np.float64]
) -> slicer.vtkOrientedImageData:
    """Copy a label map into the image that segments share."""
    import slicer.util
    from vtk.util.numpy_support import numpy_to_vtk

    image = slicer.vtkOrientedImageData()
    image.SetDimensions(labels.shape[::-1])
    image.SetImageToWorldMatrix(slicer.util.vtkMatrixFromArray(ijk_to_node))
    image.GetPointData().SetScalars(numpy_to_vtk(np.ascontiguousarray(labels).reshape(-1), deep=True))
    return image
