"""Between arrays and MRML nodes: the only file of this library that touches 3D Slicer's scene.

Scene, nodes and logics come in as arguments, so that the same functions serve Slicer's desktop and its core
alone, where there is no ``slicer.mrmlScene``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .errors import CACError
from .geometry import VolumeGeometry
from .labels.grid import on_grid
from .labels.segmentation_file import MapKind, terminology_entry
from .scans.ct_scan import CTScan
from .scans.limits import FEWEST_SLICES
from .scans.orientation import with_axial_slices
from .scans.padding import find_padding, narrow_hu
from .schemes import Label, label_scheme
from .scoring.scored_scan import ScoredScan, as_json
from .scoring.table import MEASURES

if TYPE_CHECKING:
    import slicer
    import vtk

_BINARY, _SURFACE = "Binary labelmap", "Closed surface"
_SCORED_VOLUME = "CACScoring.volume"
"""Role of a score table's reference to the volume that was scored."""

COLUMN_TITLES = {
    "artery": "Artery",
    "agatston": "Agatston",
    "volume_mm3": "Volume mm³",
    "mass_mg": "Mass mg",
    "density": "Density",
    "lesions": "Lesions",
    "review": "Review",
    "protocol": "Protocol",
    "risk_category": "Risk category",
    "warnings": "Warnings",
}
"""Columns of a score table and what a reader calls them."""


def scan_of_volume_node(node: slicer.vtkMRMLScalarVolumeNode) -> CTScan:
    """View a volume of the scene as a scan that lies where the scene shows it.

    HU stored as int16 in axial slices are not copied: the scan shares the node's memory. The scene holds no
    acquisition facts.

    Raises
    ------
    CACError
        If the volume is empty, in colour, of fewer than 3 slices, sheared, or under a warping transform.
    """
    import vtk
    from vtk.util.numpy_support import vtk_to_numpy

    image = node.GetImageData()
    voxels = image.GetPointData().GetScalars() if image else None
    if voxels is None:
        raise CACError("the volume is empty; load a CT first")
    if voxels.GetNumberOfComponents() != 1:
        raise CACError("the volume holds colours or vectors, not HU")
    size = image.GetDimensions()
    if min(size) < FEWEST_SLICES:
        raise CACError(
            "the volume is {} x {} x {} voxels; at least {} slices are needed".format(*size, FEWEST_SLICES)
        )
    ijk_to_node = vtk.vtkMatrix4x4()
    node.GetIJKToRASMatrix(ijk_to_node)
    geometry = VolumeGeometry.of_ijk_to_ras(_to_world(node, "volume") @ _array(ijk_to_node), size)
    values = narrow_hu(vtk_to_numpy(voxels).reshape(geometry.shape))
    return with_axial_slices(CTScan(values, geometry, padding=find_padding(values)))


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
    to_world = _to_world(node, "segmentation")
    labels = np.zeros(geometry.shape, np.uint8)
    for layer in range(segmentation.GetNumberOfLayers(_BINARY)):
        image = segmentation.GetLayerDataObject(layer, _BINARY)
        segments = [
            segmentation.GetSegment(each) for each in segmentation.GetSegmentIDsForLayer(layer, _BINARY)
        ]
        if image.GetPointData().GetScalars() is not None:
            _add_layer(labels, geometry, *_voxels_of_layer(image, segments), to_world)
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
        The geometry of the scan that was labelled, as :func:`scan_of_volume_node` gives it.
    segmentation_node
        Where to write.
    volume_node
        The volume that was labelled.
    logic
        Slicer's logic for segmentations.
    kind
        What the labels mean: calcium or artery regions.
    """
    import slicer.util

    segmentation = segmentation_node.GetSegmentation()
    if not segmentation.GetNumberOfSegments():
        segmentation_node.SetReferenceImageGeometryParameterFromVolumeNode(volume_node)
        segmentation_node.SetAndObserveTransformNodeID(volume_node.GetTransformNodeID())
        segmentation_node.CreateDefaultDisplayNodes()
    to_node = np.linalg.inv(_to_world(segmentation_node, "segmentation")) @ geometry.ijk_to_ras
    image = _oriented_image(labels, to_node)
    with slicer.util.NodeModify(segmentation_node):
        ids = {label: _segment_named(segmentation, label, kind) for label in label_scheme().labels}
        for label, segment_id in ids.items():
            segment = segmentation.GetSegment(segment_id)
            layer = segment.GetRepresentation(_BINARY)
            if not set(segmentation.GetSegmentIDsForDataObject(layer, _BINARY)) <= set(ids.values()):
                # Another segment keeps the old layer: no voxels without an owner may stay behind in it.
                logic.ClearSegment(segmentation_node, segment_id)
            segment.SetLabelValue(label.value)
            segment.AddRepresentation(_BINARY, image)
        if segmentation.ContainsRepresentation(_SURFACE):
            segmentation.CreateRepresentation(_SURFACE, True)


def score_table(
    scene: slicer.vtkMRMLScene, volume_node: slicer.vtkMRMLScalarVolumeNode
) -> slicer.vtkMRMLTableNode | None:
    """Find the table that holds a volume's scores, None where it was not scored."""
    tables = scene.GetNodesByClass("vtkMRMLTableNode")
    tables.UnRegister(None)
    for number in range(tables.GetNumberOfItems()):
        table = tables.GetItemAsObject(number)
        if table.GetNodeReferenceID(_SCORED_VOLUME) == volume_node.GetID():
            return table
    return None


def scores_to_table(
    scored: ScoredScan, table_node: slicer.vtkMRMLTableNode, volume_node: slicer.vtkMRMLScalarVolumeNode
) -> None:
    """Write scores into a table, a row per artery and one for the total.

    Columns are those of :data:`COLUMN_TITLES`; mass only with a calibration factor. Review state and protocol
    stand in every row, risk category and warnings in the last. What is not known is NaN, never 0.
    """
    import slicer.util

    document = as_json(scored)
    rows = [{"artery": name, **scores} for name, scores in document["arteries"].items()]
    rows.append(
        {
            "artery": "Total",
            **document["total"],
            "risk_category": scored.risk_category,
            "warnings": "\n".join(warning.message for warning in scored.scan.warnings),
        }
    )
    state = {"review": str(scored.review), "protocol": scored.protocol.name}
    with slicer.util.NodeModify(table_node):
        table_node.RemoveAllColumns()
        for name, title in COLUMN_TITLES.items():
            if name != "mass_mg" or scored.protocol.mass_factor is not None:
                table_node.AddColumn(_column(name, [(row | state).get(name) for row in rows]))
                table_node.SetColumnTitle(name, title)
        table_node.SetUseColumnTitleAsColumnHeader(True)
        table_node.SetNodeReferenceID(_SCORED_VOLUME, volume_node.GetID())


def _array(matrix: vtk.vtkMatrix4x4) -> NDArray[np.float64]:
    import slicer.util

    return slicer.util.arrayFromVTKMatrix(matrix)


def _to_world(node: slicer.vtkMRMLTransformableNode, what: str) -> NDArray[np.float64]:
    """Homogeneous 4 x 4 matrix from a node's own RAS to the world's."""
    import vtk

    transform = node.GetParentTransformNode()
    matrix = vtk.vtkMatrix4x4()
    if transform is not None:
        if not transform.IsTransformToWorldLinear():
            raise CACError(f"the {what} lies under a transform that warps it; harden the transform first")
        transform.GetMatrixTransformToWorld(matrix)
    return _array(matrix)


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
    return labels, _array(image_to_node) @ first


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


def _segment_named(segmentation: slicer.vtkSegmentation, label: Label, kind: MapKind) -> str:
    """Id of the segment of a label, made where it is missing, with the scheme's colour and coded terms."""
    import slicer

    segment_id = segmentation.GetSegmentIdBySegmentName(label.name) or segmentation.AddEmptySegment(
        label.name, label.name
    )
    segment = segmentation.GetSegment(segment_id)
    segment.SetColor(*(channel / 255 for channel in label.colour))
    segment.SetTag(
        slicer.vtkSegment.GetTerminologyEntryTagName(), terminology_entry(label, label_scheme(), kind)
    )
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


def _column(name: str, values: list[Any]) -> vtk.vtkAbstractArray:
    """A table column: numbers for measures, NaN where one is not known; text for the rest."""
    import vtk

    column = vtk.vtkDoubleArray() if name in MEASURES else vtk.vtkStringArray()
    column.SetName(name)
    for value in values:
        if name in MEASURES:
            column.InsertNextValue(np.nan if value is None else value)
        else:
            column.InsertNextValue(value or "")
    return column
