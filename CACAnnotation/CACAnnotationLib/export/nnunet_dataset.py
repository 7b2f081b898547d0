"""``--format nnunet``: two raw datasets of nnU-Net v2, one for calcium and one for regions."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from CACScoringLib.schemes import OTHER, UNLABELLED, LabelScheme
from CACScoringLib.whole_files import write_whole
from numpy.typing import NDArray

from .exported_scans import ExportedScan
from .written import Exported, write_image

CALCIUM, REGIONS = "Dataset501_CAC", "Dataset502_CAR"
ENDING = ".nii.gz"


def export_nnunet(scans: Iterable[ExportedScan], out: Path) -> Iterator[Exported]:
    """Write the datasets; set ``nnUNet_raw`` to the folder.

    Their labels are consecutive, as nnU-Net asks: background, then the labels in the order of the scheme, and
    last ``ignore``, which takes no part in training. In calcium, slices that were not signed off are ignored,
    and what has no label in the others is background. In regions, OTHER is the background, and what has no
    label is ignored. A scan without anything to learn from is left out of a dataset.
    """
    written = {CALCIUM: 0, REGIONS: 0}
    scheme: LabelScheme | None = None
    for scan in scans:
        scheme = scan.scheme
        files = []
        for dataset, labels in ((CALCIUM, calcium_labels(scan)), (REGIONS, region_labels(scan))):
            if (labels == ignore_value(dataset, scheme)).all():
                continue
            image, label = (
                Path(dataset, "imagesTr", f"{scan.name}_0000{ENDING}"),
                Path(dataset, "labelsTr", f"{scan.name}{ENDING}"),
            )
            write_image(out / image, scan.scan.hu, scan.scan.geometry)
            write_image(out / label, labels, scan.scan.geometry)
            written[dataset] += 1
            files += [image.as_posix(), label.as_posix()]
        yield Exported(scan.name, scan.reader, scan.round, scan.labelled, tuple(files))
    if scheme is not None:
        for dataset, count in written.items():
            if count:
                document = dataset_document(dataset, scheme, count)
                write_whole(out / dataset / "dataset.json", json.dumps(document, indent=2) + "\n")


def dataset_labels(dataset: str, scheme: LabelScheme) -> dict[str, int]:
    """Names of a dataset's labels and their values there, ``ignore`` last."""
    names = scheme.names if dataset == CALCIUM else tuple(label.name for label in scheme.arteries)
    return {name: value for value, name in enumerate(("background", *names, "ignore"))}


def ignore_value(dataset: str, scheme: LabelScheme) -> int:
    """Value of what takes no part in training."""
    return dataset_labels(dataset, scheme)["ignore"]


def calcium_labels(scan: ExportedScan) -> NDArray[np.uint8]:
    """Label map of the calcium dataset, ``[slice, row, column]``."""
    values = dataset_labels(CALCIUM, scan.scheme)
    labels = _renumbered(scan.cac, {UNLABELLED: 0}, values, scan.scheme)
    labels[~scan.signed_off] = values["ignore"]
    return labels


def region_labels(scan: ExportedScan) -> NDArray[np.uint8]:
    """Label map of the region dataset, ``[slice, row, column]``."""
    values = dataset_labels(REGIONS, scan.scheme)
    known = {UNLABELLED: values["ignore"], scan.scheme[OTHER].value: values["background"]}
    return _renumbered(scan.car, known, values, scan.scheme)


def dataset_document(dataset: str, scheme: LabelScheme, count: int) -> dict[str, Any]:
    """What ``dataset.json`` of a dataset holds."""
    return {
        "channel_names": {"0": "CT"},
        "labels": dataset_labels(dataset, scheme),
        "numTraining": count,
        "file_ending": ENDING,
        "name": dataset,
        "description": "Coronary calcium labelled with CoronaryCalcium; for research use only",
    }


def _renumbered(
    stored: NDArray[np.uint8], known: dict[int, int], values: dict[str, int], scheme: LabelScheme
) -> NDArray[np.uint8]:
    table = np.zeros(256, np.uint8)
    for label in scheme.labels:
        table[label.value] = values.get(label.name, 0)
    for value, new in known.items():
        table[value] = new
    return table[stored]
