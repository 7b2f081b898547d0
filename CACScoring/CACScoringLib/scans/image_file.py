"""Volumes in one file: NRRD, NIfTI, MetaImage."""

from __future__ import annotations

from pathlib import Path

import SimpleITK as sitk

from ..errors import CACError

IMAGE_SUFFIXES = (".nrrd", ".nhdr", ".nii", ".nii.gz", ".mha", ".mhd")


def is_image_file(path: Path) -> bool:
    """Tell by its name whether a file is a volume that :func:`read_image` reads."""
    return path.name.lower().endswith(IMAGE_SUFFIXES)


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
        raise CACError(f"{path} cannot be read as an image; it may be damaged or of another format") from error
    if image.GetDimension() != 3:
        raise CACError(f"{path} has {image.GetDimension()} dimensions; a volume of 3 is needed")
    return image
