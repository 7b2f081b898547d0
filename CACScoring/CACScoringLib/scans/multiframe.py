"""Enhanced multi-frame files, whose facts lie in functional groups, seen frame by frame."""

from __future__ import annotations

from pydicom.dataset import Dataset

from .dicom_elements import number_of

_SHARED, _PER_FRAME = "SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"


def frame_count(dataset: Dataset) -> int:
    """Return the number of frames, 1 for an ordinary image."""
    count = number_of(dataset, "NumberOfFrames")
    return 1 if count is None else int(count)


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
