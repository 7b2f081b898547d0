"""Enhanced multi-frame files, taken apart into ordinary single-frame files."""

from __future__ import annotations

from pathlib import Path

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.uid import CTImageStorage, generate_uid

_SHARED, _PER_FRAME = "SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"


def frame_count(dataset: Dataset) -> int:
    """Return the number of frames, 1 for an ordinary image."""
    return int(dataset.get("NumberOfFrames") or 1)


def flattened_frame(dataset: Dataset, frame: int) -> Dataset:
    """Return the elements of one frame side by side, functional groups resolved, without pixels.

    An ordinary image is returned as it is.
    """
    if _SHARED not in dataset and _PER_FRAME not in dataset:
        return dataset
    flat = Dataset()
    for element in dataset:
        if element.keyword not in (_SHARED, _PER_FRAME, "PixelData", "NumberOfFrames"):
            flat.add(element)
    groups = []
    if _SHARED in dataset and len(dataset[_SHARED].value):
        groups.append(dataset[_SHARED].value[0])
    if _PER_FRAME in dataset:
        groups.append(dataset[_PER_FRAME].value[frame])
    for group in groups:
        for sequence in group:
            if sequence.VR == "SQ" and len(sequence.value):
                flat.update(sequence.value[0])
    if "FrameType" in flat:
        flat.ImageType = flat.FrameType
    return flat


def split_frames(dataset: Dataset, folder: Path) -> list[Path]:
    """Write each frame of a multi-frame image as a file of its own.

    GDCM reads an enhanced file with one rescale and its own idea of the order of frames; one frame a file, it
    reads each with its own rescale and position, compressed or not.

    Parameters
    ----------
    dataset
        The multi-frame image, pixels included.
    folder
        Existing folder for the files.
    """
    syntax = dataset.file_meta.TransferSyntaxUID
    count = frame_count(dataset)
    pixels = dataset.PixelData
    if syntax.is_compressed:
        frames = [encapsulate([frame]) for frame in generate_frames(pixels, number_of_frames=count)]
    else:
        size = dataset.Rows * dataset.Columns * dataset.BitsAllocated // 8
        frames = [pixels[start : start + size] for start in range(0, size * count, size)]
    paths = []
    for number, frame in enumerate(frames):
        single = flattened_frame(dataset, number)
        single.SOPClassUID = CTImageStorage
        single.SOPInstanceUID = generate_uid()
        single.InstanceNumber = number + 1
        single["PixelData"] = dataset["PixelData"].__class__(0x7FE00010, dataset["PixelData"].VR, frame)
        single["PixelData"].is_undefined_length = syntax.is_compressed
        single.file_meta = FileMetaDataset()
        single.file_meta.TransferSyntaxUID = syntax
        paths.append(folder / f"{dataset.get('InstanceNumber') or 0}-{number:05d}.dcm")
        single.save_as(paths[-1], enforce_file_format=True)
    return paths
