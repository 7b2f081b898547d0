"""``--format dicom-seg``: DICOM segmentations that refer to the CT images."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from CACScoringLib.errors import CACError, os_reason
from CACScoringLib.labels.segmentation_file import MapKind
from CACScoringLib.schemes import Label, LabelScheme
from numpy.typing import NDArray

from ..session.origins import CALCIUM_BY_MODEL, REGION_BY_MODEL
from .dicom_images import coded, image_headers, need_highdicom, program_version
from .exported_scans import ExportedScan
from .source_slices import source_slices
from .written import Exported

if TYPE_CHECKING:
    import highdicom
    import pydicom

_BY_MODEL = {"cac": CALCIUM_BY_MODEL, "car": REGION_BY_MODEL}
_DESCRIPTIONS = {"cac": "Coronary calcium", "car": "Coronary artery regions"}


def export_dicom_seg(scans: Iterable[ExportedScan], out: Path) -> Iterator[Exported]:
    """Write ``<scan>-cac.dcm`` and ``<scan>-car.dcm``, a segment per label that the scan has.

    Segments carry the scheme's coded terms. Files refer to the CT images by their UIDs, without which they
    would be of no use; the patient appears under the pseudonym.

    Raises
    ------
    CACError
        If a scan is no folder of axial DICOM images, highdicom is missing, or a file cannot be written.
    """
    need_highdicom()
    for scan in scans:
        files = []
        slices = source_slices(scan.project, scan.entry, scan.scan)
        images = image_headers(slices, scan.pseudonym)
        for kind, labels in (("cac", scan.cac), ("car", scan.car)):
            if not labels.any():
                continue
            name = f"{scan.name}-{kind}.dcm"
            made_by_model = bool((scan.origin & _BY_MODEL[kind]).any())
            segmentation = _segmentation(images, labels[list(slices)], scan.scheme, kind, made_by_model)  # type: ignore[arg-type]
            try:
                segmentation.save_as(out / name)
            except OSError as error:
                raise CACError(f"cannot write {out / name}: {os_reason(error)}") from error
            files.append(name)
        yield Exported(scan.name, scan.reader, scan.round, scan.labelled, tuple(files))


def _segmentation(
    images: list[pydicom.Dataset],
    labels: NDArray[np.uint8],
    scheme: LabelScheme,
    kind: MapKind,
    made_by_model: bool,
) -> highdicom.seg.Segmentation:
    import highdicom

    present = [label for label in scheme.labels if (labels == label.value).any()]
    numbered = np.zeros(256, np.uint8)
    numbered[[label.value for label in present]] = np.arange(1, len(present) + 1)
    return highdicom.seg.Segmentation(
        source_images=images,
        pixel_array=numbered[labels],
        segmentation_type=highdicom.seg.SegmentationTypeValues.BINARY,
        segment_descriptions=[
            _description(number, label, scheme, kind, made_by_model)
            for number, label in enumerate(present, start=1)
        ],
        series_instance_uid=highdicom.UID(),
        series_number=9000 if kind == "cac" else 9001,
        sop_instance_uid=highdicom.UID(),
        instance_number=1,
        manufacturer="CoronaryCalcium",
        manufacturer_model_name="CoronaryCalcium",
        software_versions=program_version(),
        device_serial_number="0",
        series_description=f"{_DESCRIPTIONS[kind]}, for research use only",
        content_label=kind.upper(),
        content_description=_DESCRIPTIONS[kind],
    )


def _description(
    number: int, label: Label, scheme: LabelScheme, kind: MapKind, made_by_model: bool
) -> highdicom.seg.SegmentDescription:
    import highdicom
    from pydicom.sr.codedict import codes

    identification = highdicom.AlgorithmIdentificationSequence(
        name="CoronaryCalcium", version=program_version(), family=codes.cid7162.ArtificialIntelligence
    )
    calcium = kind == "cac"
    return highdicom.seg.SegmentDescription(
        segment_number=number,
        segment_label=label.name,
        segmented_property_category=coded(scheme.category if calcium else scheme.anatomical_structure),
        segmented_property_type=coded(scheme.calcification if calcium else label.region),
        algorithm_type="SEMIAUTOMATIC" if made_by_model else "MANUAL",
        algorithm_identification=identification if made_by_model else None,
        anatomic_regions=[coded(label.region)] if calcium else None,
    )
