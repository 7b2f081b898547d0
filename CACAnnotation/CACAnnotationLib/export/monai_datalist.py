"""``--format monai``: NIfTI files and a datalist as MONAI's ``load_decathlon_datalist`` reads it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from CACScoringLib.whole_files import write_whole

from .exported_scans import ExportedScan
from .written import Exported, write_image

DATALIST = "datalist.json"


def export_monai(scans: Iterable[ExportedScan], out: Path) -> Iterator[Exported]:
    """Write images, label maps of calcium (``label``) and regions (``label_car``), and the datalist.

    Label values are those of the scheme, 0 where nobody looked; ``signed_off`` and ``with_regions`` list the
    slices that are whole.
    """
    entries: list[dict[str, Any]] = []
    for scan in scans:
        files = {
            "image": (f"images/{scan.name}.nii.gz", scan.scan.hu),
            "label": (f"labels/{scan.name}-cac.nii.gz", scan.cac),
            "label_car": (f"labels/{scan.name}-car.nii.gz", scan.car),
        }
        for path, voxels in files.values():
            write_image(out / path, voxels, scan.scan.geometry)
        entries.append(
            {key: path for key, (path, _) in files.items()}
            | {
                "patient": scan.entry.patient,
                "signed_off": np.flatnonzero(scan.signed_off).tolist(),
                "with_regions": np.flatnonzero(scan.has_regions).tolist(),
            }
        )
        labels = {"0": "unlabelled"} | {str(label.value): label.name for label in scan.scheme.labels}
        document = {
            "name": "coronary-calcium",
            "description": "Labelled with CoronaryCalcium; for research use only, not a medical device",
            "tensorImageSize": "3D",
            "modality": {"0": "CT"},
            "labels": labels,
            "numTraining": len(entries),
            "training": entries,
            "validation": [],
        }
        write_whole(out / DATALIST, json.dumps(document, indent=2) + "\n")
        yield Exported(
            scan.name, scan.reader, scan.round, scan.labelled, tuple(path for path, _ in files.values())
        )
