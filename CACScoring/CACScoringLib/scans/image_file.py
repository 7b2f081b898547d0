"""Volumes in one file: NRRD, NIfTI, MetaImage."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import SimpleITK as sitk

from ..errors import CACError
from ..geometry import VolumeGeometry, are_right_angled
from ..schemes import label_scheme
from .compressed_stream import check_compressed_voxels
from .ct_scan import CTScan
from .data_file import data_file_of
from .limits import FEWEST_SLICES, check_place
from .nifti_length import nifti_is_whole
from .orientation import head_foot_axis
from .padding import find_padding, narrow_hu
from .quiet import quiet_itk

_READERS = {
    ".nrrd": "NrrdImageIO",
    ".nhdr": "NrrdImageIO",
    ".nii": "NiftiImageIO",
    ".nii.gz": "NiftiImageIO",
    ".mha": "MetaImageIO",
    ".mhd": "MetaImageIO",
}
IMAGE_SUFFIXES = tuple(_READERS)
_LABEL_ENDINGS = ("-label", "-label-lesion", ".seg")
_MOST_BYTES = 8 << 30
_MOST_COMPRESSION = 1032
"""What deflate can reach at most."""


def is_image_file(path: Path) -> bool:
    """Tell by its name whether a file is a volume that :func:`read_image` reads."""
    return path.name.lower().endswith(IMAGE_SUFFIXES)


def may_be_ct(path: Path) -> bool:
    """Tell by name and pixel type whether an image file may be a CT rather than a label map."""
    stem = path.name.lower().removesuffix(_suffix(path))
    if stem.endswith(_LABEL_ENDINGS):
        return False
    try:
        return read_image_header(path).GetPixelID() not in (sitk.sitkUInt8, sitk.sitkVectorUInt8)
    except CACError:
        return True


def read_image_header(path: Path) -> sitk.ImageFileReader:
    """Read size, spacing and pixel type of an image file, or raise a :class:`CACError`."""
    if not path.is_file():
        raise CACError(f"there is no file {path}")
    if not is_image_file(path):
        raise CACError(f"{path} is no NRRD, NIfTI or MetaImage file; its name ends in none of their suffixes")
    data_file = data_file_of(path)
    reader = sitk.ImageFileReader()
    reader.SetFileName(str(path))
    reader.SetImageIO(_READERS[_suffix(path)])
    try:
        with quiet_itk():
            reader.ReadImageInformation()
    except (RuntimeError, UnicodeError, MemoryError) as error:
        raise _unreadable(path) from error
    _check_size(path, reader, data_file.stat().st_size)
    return reader


def read_image(path: Path) -> sitk.Image:
    """Read a three-dimensional image file of any pixel type.

    Raises
    ------
    CACError
        If the file is missing, unreadable, truncated, damaged or not three-dimensional.
    """
    reader = read_image_header(path)
    if reader.GetDimension() != 3:
        raise CACError(f"{path} has {reader.GetDimension()} dimensions; a volume of 3 is needed")
    try:
        with quiet_itk():
            image = reader.Execute()
    except (RuntimeError, MemoryError) as error:
        raise _unreadable(path) from error
    if _READERS[_suffix(path)] != "NiftiImageIO":
        voxels = image.GetNumberOfPixels() * image.GetNumberOfComponentsPerPixel()
        check_compressed_voxels(path, voxels * image.GetSizeOfPixelComponent())
    elif not nifti_is_whole(path):
        raise CACError(f"{path} is cut short or damaged; copy or export it again")
    return image


def read_image_volume(path: Path) -> CTScan:
    """Read a CT from one file; it states no acquisition facts.

    Raises
    ------
    CACError
        If the file cannot be read, is in colour, has fewer than 3 slices, rows or columns, states impossible
        axes, or holds labels instead of HU.
    """
    image = read_image(path)
    if image.GetNumberOfComponentsPerPixel() != 1 or "complex" in image.GetPixelIDTypeAsString():
        raise CACError(f"{path} holds colours or vectors, not HU")
    geometry = VolumeGeometry.of_image(image)
    _check_geometry(path, geometry)
    _check_counts(path, geometry)
    values = narrow_hu(sitk.GetArrayFromImage(image))
    if values.dtype == np.int16 and values.min() == 0 and 0 < values.max() <= label_scheme().highest:
        raise CACError(f"{path} holds labels from 0 to {values.max()}, not HU; name the CT instead")
    return CTScan(values, geometry, padding=find_padding(values))


def _suffix(path: Path) -> str:
    return max((suffix for suffix in _READERS if path.name.lower().endswith(suffix)), key=len, default="")


def _check_size(path: Path, reader: sitk.ImageFileReader, bytes_on_disk: int) -> None:
    """Raise if a damaged header makes ITK allocate more than the file can fill."""
    voxels = int(np.prod([int(count) for count in reader.GetSize()], dtype=object))
    size = voxels * reader.GetNumberOfComponents()
    if size == 0 or size > bytes_on_disk * _MOST_COMPRESSION:
        raise _unreadable(path)
    if size > _MOST_BYTES:
        raise CACError(f"{path} holds {size >> 30} GiB, which is too much for a CT")


def _check_counts(path: Path, geometry: VolumeGeometry) -> None:
    """Raise if there are too few voxels along an axis, named as it will be once slices are axial."""
    if min(geometry.size) >= FEWEST_SLICES:
        return
    few_slices = geometry.size[head_foot_axis(geometry)] < FEWEST_SLICES
    name = "slices" if few_slices else "rows and columns"
    size = " x ".join(str(count) for count in geometry.size)
    raise CACError(f"{path} is {size} voxels; at least {FEWEST_SLICES} {name} are needed")


def _check_geometry(path: Path, geometry: VolumeGeometry) -> None:
    check_place(str(path), geometry.spacing_mm, geometry.origin_lps_mm)
    if not are_right_angled(np.reshape(geometry.direction, (3, 3))):
        raise CACError(f"{path} states axes that are not at right angles")


def _unreadable(path: Path) -> CACError:
    return CACError(f"{path} cannot be read as an image; it may be damaged, cut short or of another format")
