"""``--format dicom-sr``: measurement reports (TID 1500) with the scores of each artery."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from CACScoringLib.errors import CACError, os_reason
from CACScoringLib.schemes import Code
from CACScoringLib.scoring.scored_scan import ScoredScan
from CACScoringLib.scoring.scores import ArteryScores

from .dicom_images import coded, image_headers, need_highdicom, program_version
from .exported_scans import ExportedScan
from .score_tables import scored_export
from .source_slices import source_slices
from .written import Exported

if TYPE_CHECKING:
    import highdicom

_HEART = Code("SCT", "80891009", "Heart")
_SCORE_UNIT = Code("UCUM", "{score}", "score")
_COUNT_UNIT = Code("UCUM", "{lesions}", "lesions")
_LESIONS = Code("SCT", "246205007", "Quantity")


def export_dicom_sr(scans: Iterable[ExportedScan], out: Path) -> Iterator[Exported]:
    """Write ``<scan>-scores.dcm``: Agatston score, volume and number of lesions per artery and in all.

    A report is complete when every slice is signed off, and partial until then. Scans without a score yet,
    nothing of an artery being labelled and not all signed off, have none.

    Raises
    ------
    CACError
        If a scan is no folder of axial DICOM images, highdicom is missing, or a file cannot be written.
    """
    need_highdicom()
    for scan in scans:
        scored, name = scored_export(scan), f"{scan.name}-scores.dcm"
        if scored.scores is not None:
            try:
                _report(scan, scored).save_as(out / name)
            except OSError as error:
                raise CACError(f"cannot write {out / name}: {os_reason(error)}") from error
        files = (name,) if scored.scores is not None else ()
        yield Exported(scan.name, scan.reader, scan.round, {"cac": int(scan.signed_off.sum())}, files)


def _report(scan: ExportedScan, scored: ScoredScan) -> highdicom.sr.EnhancedSR:
    import highdicom
    from pydicom.sr.codedict import codes

    assert scored.scores is not None
    images = image_headers(source_slices(scan.project, scan.entry, scan.scan), scan.pseudonym)
    observer = highdicom.sr.ObserverContext(
        observer_type=codes.DCM.Person,
        observer_identifying_attributes=highdicom.sr.PersonObserverIdentifyingAttributes(
            name=f"{scan.reader}^"
        ),
    )
    regions = {label.name: label.region for label in scan.scheme.arteries}
    groups = [
        _measured(name, regions[name], scores)
        for name, scores in scored.scores.arteries.items()
        if name in regions
    ]
    content = highdicom.sr.MeasurementReport(
        observation_context=highdicom.sr.ObservationContext(observer_person_context=observer),
        procedure_reported=codes.SCT.CardiacComputedTomographyForCalciumScoring,
        imaging_measurements=[*groups, _measured("Total", _HEART, scored.scores.total)],
    )
    return highdicom.sr.EnhancedSR(
        evidence=images,
        content=content[0],
        series_instance_uid=highdicom.UID(),
        series_number=9002,
        sop_instance_uid=highdicom.UID(),
        instance_number=1,
        manufacturer="CoronaryCalcium",
        is_complete=scored.review.complete,
        series_description=f"Coronary calcium scores {program_version()}, for research use only",
    )


def _measured(
    name: str, region: Code, scores: ArteryScores
) -> highdicom.sr.MeasurementsAndQualitativeEvaluations:
    import highdicom
    from pydicom.sr.codedict import codes

    return highdicom.sr.MeasurementsAndQualitativeEvaluations(
        tracking_identifier=highdicom.sr.TrackingIdentifier(highdicom.UID(), name),
        finding_type=codes.SCT.Calcium,
        finding_sites=[highdicom.sr.FindingSite(anatomic_location=coded(region))],
        measurements=[
            highdicom.sr.Measurement(
                codes.DCM.CalciumScore,
                float(scores.agatston),
                coded(_SCORE_UNIT),
                method=codes.DCM.AgatstonScoringMethod,
            ),
            highdicom.sr.Measurement(codes.SCT.Volume, float(scores.volume_mm3), codes.UCUM.CubicMillimeter),
            highdicom.sr.Measurement(coded(_LESIONS), float(scores.lesions), coded(_COUNT_UNIT)),
        ],
    )
