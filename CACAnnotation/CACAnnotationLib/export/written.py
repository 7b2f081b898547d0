"""What an export writes, and tells of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from CACScoringLib.errors import CACError, os_reason
from CACScoringLib.geometry import VolumeGeometry
from numpy.typing import NDArray


@dataclass(frozen=True)
class Exported:
    """What was written of one scan.

    Parameters
    ----------
    name
        Of the scan, as its files have it.
    reader, round
        Whose labels.
    labelled
        Slices whose labels are whole: signed off for calcium, with regions for regions.
    files
        Relative to the folder of the export.
    """

    name: str
    reader: str
    round: str
    labelled: dict[str, int]
    files: tuple[str, ...]


def new_folder(out: Path) -> Path:
    """Make the folder of an export, or take an empty one: nothing that lies there is mixed with it.

    Raises
    ------
    CACError
        If it holds anything, or cannot be made.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        if any(out.iterdir()):
            raise CACError(f"{out} is not empty; choose another folder for the export")
    except OSError as error:
        raise CACError(f"cannot make the folder {out}: {os_reason(error)}") from error
    return out


def write_image(path: Path, voxels: NDArray, geometry: VolumeGeometry) -> None:
    """Write an image or label map, compressed, and read it back.

    Parameters
    ----------
    path
        The ending says the format.
    voxels
        ``[slice, row, column]``.
    geometry
        The scan's geometry.

    Raises
    ------
    CACError
        If the file cannot be written whole.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        sitk.WriteImage(geometry.to_image(voxels), str(path), useCompression=True)
        # SimpleITK reports no error when the disk fills up: only reading back tells.
        whole = np.array_equal(sitk.GetArrayFromImage(sitk.ReadImage(str(path))), voxels)
    except (RuntimeError, OSError) as error:
        raise CACError(f"cannot write {path}: check the folder and the disk") from error
    if not whole:
        raise CACError(f"cannot write {path}: the disk may be full")
