"""Volumes in one file: NRRD, NIfTI, MetaImage."""

from __future__ import annotations

from pathlib import Path

import SimpleITK as sitk

from ..errors import CACError
from ..geometry import VolumeGeometry
from .ct_scan import CTScan
from .padding import find_padding, narrow_hu

IMAGE_SUFFIXES = (".nrrd", ".nhdr", ".nii", ".nii.gz", ".mha", ".mhd")
_FEWEST_SLICES = 3
_LABEL_ENDINGS = ("-label", "-label-lesion", ".seg")


def is_image_file(path: Path) -> bool:
    """Tell by its name whether a file is a volume that :func:`read_image` reads."""
    return path.name.lower().endswith(IMAGE_SUFFIXES)


def may_be_ct(path: Path) -> bool:
    """Tell by name and pixel type whether an image file may be a CT rather than a label map."""
    stem = path.name.lower()
    for suffix in sorted(IMAGE_SUFFIXES, key=len, reverse=True):
        stem = stem.removesuffix(suffix)
    if stem.endswith(_LABEL_ENDINGS):
        return False
    try:
        return read_image_header(path).GetPixelID() not in (sitk.sitkUInt8, sitk.sitkVectorUInt8)
    except CACError:
        return True


def read_image_header(path: Path) -> sitk.ImageFileReader:
    """Read size, spacing and pixel type of an image file, or raise a :class:`CACError`."""
    reader = sitk.ImageFileReader()
    reader.SetFileName(str(path))
    try:
        reader.ReadImageInformation()
    except RuntimeError as error:
        raise _unreadable(path) from error
    return reader


def read_image(path: Path) -> sitk.Image:
    """Read a three-dimensional image file of any pixel type.

    Raises
    ------
    CACError
        If the file is missing, unreadable, truncated or not three-dimensional.
    """
    if not path.is_file():
        raise CACError(f"there is no file {path}")
    try:
        image = sitk.ReadImage(str(path))
    except RuntimeError as error:
        raise _unreadable(path) from error
    if image.GetDimension() != 3:
        raise CACError(f"{path} has {image.GetDimension()} dimensions; a volume of 3 is needed")
    return image


def read_image_volume(path: Path) -> CTScan:
    """Read a CT from one file; it states no acquisition facts.

    Raises
    ------
    CACError
        If the file cannot be read, is in colour, has fewer than 3 slices, or its values cannot be HU.
    """
    image = read_image(path)
    if image.GetNumberOfComponentsPerPixel() != 1:
        raise CACError(f"{path} holds colours or vectors, not HU")
    if min(image.GetSize()) < _FEWEST_SLICES:
        size = " x ".join(str(count) for count in image.GetSize())
        raise CACError(f"{path} is {size} voxels; at least {_FEWEST_SLICES} slices are needed")
    values = narrow_hu(sitk.GetArrayFromImage(image))
    return CTScan(values, VolumeGeometry.of_image(image), padding=find_padding(values))


def _unreadable(path: Path) -> CACError:
    return CACError(f"{path} cannot be read as an image; it may be damaged, cut short or of another format")
