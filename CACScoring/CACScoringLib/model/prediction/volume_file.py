"""Maps of real numbers on a scan's grid, as NRRD that 3D Slicer and ITK read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from ...errors import CACError
from ...geometry import VolumeGeometry


def write_volume(
    path: Path, values: NDArray[np.float32], geometry: VolumeGeometry, about: Mapping[str, str]
) -> None:
    """Write a map, compressed: most of it is 0.

    Parameters
    ----------
    path
        ``.nrrd``, in a folder that exists.
    values
        float32 ``[slice, row, column]``.
    geometry
        The scan's geometry.
    about
        What the values are: further fields of the file's header.

    Raises
    ------
    CACError
        If the file cannot be written whole.
    """
    image = geometry.to_image(values)
    for key, value in about.items():
        image.SetMetaData(key, value)
    try:
        sitk.WriteImage(image, str(path), useCompression=True)
        del image
        # SimpleITK reports no error when the disk fills up: only reading back tells.
        whole = np.array_equal(sitk.GetArrayFromImage(sitk.ReadImage(str(path))), values)
    except RuntimeError as error:
        raise CACError(f"cannot write {path.name}: check the folder and the disk") from error
    if not whole:
        raise CACError(f"cannot write {path.name}: the disk may be full")
