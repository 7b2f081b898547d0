"""Reading and writing label maps: plain NRRD (MetaImage, NIfTI) and Slicer's ``.seg.nrrd``.

In memory a label map is a uint8 array ``[slice, row, column]`` on the grid of its scan, with the values of
:mod:`CACScoringLib.schemes`.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from ..errors import CACError
from ..geometry import VolumeGeometry
from ..scans.image_file import read_image
from ..schemes import label_scheme
from .grid import on_grid
from .segmentation_file import MapKind, is_segmentation_file, segmentation_metadata, values_by_name

WRITTEN_SUFFIXES = (".nrrd", ".mha", ".nii", ".nii.gz")


def write_label_map(path: Path, labels: NDArray, geometry: VolumeGeometry, kind: MapKind) -> None:
    """Write a label map; a name ending in ``.seg.nrrd`` gets segment names, colours and terminology.

    Parameters
    ----------
    path
        ``.nrrd``, ``.seg.nrrd``, ``.mha``, ``.nii`` or ``.nii.gz``; replaced if it exists, once the new one
        is whole.
    labels
        Label values, ``[slice, row, column]``.
    geometry
        The scan's geometry.
    kind
        ``"cac"`` for calcifications, ``"car"`` for artery regions.

    Raises
    ------
    CACError
        If the file cannot be written whole; what stood in its place still does.
    """
    if not path.name.lower().endswith(WRITTEN_SUFFIXES):
        raise CACError(f"cannot write labels to {path}: the name must end in {', '.join(WRITTEN_SUFFIXES)}")
    labels = np.asarray(labels, np.uint8)
    image = geometry.to_image(labels)
    if is_segmentation_file(path):
        for key, value in segmentation_metadata(labels, kind).items():
            image.SetMetaData(key, value)
    partial = path.with_name(f".partial-{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        sitk.WriteImage(image, str(partial), useCompression=True)
        # SimpleITK reports no error when the disk fills up: only reading back tells.
        if not np.array_equal(sitk.GetArrayFromImage(sitk.ReadImage(str(partial))), labels):
            raise CACError(f"cannot write labels to {path}: the disk may be full")
        partial.replace(path)
    except (RuntimeError, OSError) as error:
        raise CACError(f"cannot write labels to {path}: check the folder and the disk") from error
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def read_label_map(path: Path, geometry: VolumeGeometry) -> NDArray[np.uint8]:
    """Read a label map that lies on the grid of a scan, axes turned or extent cropped as it may be.

    Returns
    -------
    Label values as uint8, ``[slice, row, column]``. Segments of a ``.seg.nrrd`` are found by name, whatever
    values the file gives them.

    Raises
    ------
    CACError
        If the file is unreadable, lies on another grid, or holds a value or name outside the scheme.
    """
    image = read_image(path)
    if image.GetNumberOfComponentsPerPixel() != 1:
        raise CACError(f"{path} holds overlapping segments; export it with one layer")
    stored = sitk.GetArrayFromImage(image)
    labels = (
        _by_segment_name(path, image, stored) if is_segmentation_file(path) else _whole_labels(path, stored)
    )
    try:
        return on_grid(labels, VolumeGeometry.of_image(image).ijk_to_ras, geometry)
    except CACError as error:
        raise CACError(f"{path}: {error}") from None


def _whole_labels(path: Path, stored: NDArray) -> NDArray[np.uint8]:
    """Return stored values as labels, or raise where one is none."""
    largest = label_scheme().highest
    low, high = stored.min(), stored.max()
    if not (low >= 0 and high <= largest):
        raise CACError(f"labels {path} hold values from {low:g} to {high:g}; known are 0 to {largest}")
    labels = stored.astype(np.uint8)
    if np.issubdtype(stored.dtype, np.floating) and not np.array_equal(labels, stored):
        raise CACError(f"labels {path} hold fractions; label values are whole numbers")
    return labels


def _by_segment_name(path: Path, image: sitk.Image, stored: NDArray) -> NDArray[np.uint8]:
    try:
        names = values_by_name({key: image.GetMetaData(key) for key in image.GetMetaDataKeys()})
    except ValueError as error:
        raise CACError(
            f"segmentation {path} gives a segment a value that is no number; save it again"
        ) from error
    labels = np.zeros(stored.shape, np.uint8)
    for value in np.unique(stored[stored != 0]).tolist():
        if value not in names:
            raise CACError(f"segmentation {path} names no segment for its value {value}")
        try:
            labels[stored == value] = label_scheme()[names[value]].value
        except CACError as error:
            raise CACError(f"segmentation {path}: {error}; rename or remove the segment") from None
    return labels
