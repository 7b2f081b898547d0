"""Many scans scored in parallel; what goes wrong with one stays with that one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import CACError
from ..labels.label_map import read_label_map
from ..processes import process_pool
from ..scans.reader import read_source
from ..scans.sources import ScanSource
from .protocol import ProtocolChoice
from .scored_scan import ScoredScan, as_json, scored_scan


@dataclass(frozen=True)
class ScoringRequest:
    """What to do with each scan.

    Parameters
    ----------
    protocol
        The protocol asked for.
    labels
        A CAC label map, or the name that it has beside a scan, in its folder or the one above; None to score
        without labels.
    several
        Whether several scans are scored: each has labels beside it then, whatever lies in the working folder.
    signed_off
        Take every slice for reviewed.
    series_uid
        DICOM series to read instead of the best fit.
    allow_gaps
        Read DICOM series with gaps and duplicates.
    """

    protocol: ProtocolChoice
    labels: Path | None = None
    several: bool = False
    signed_off: bool = False
    series_uid: str | None = None
    allow_gaps: bool = False


def score_source(source: ScanSource, request: ScoringRequest) -> ScoredScan:
    """Read and score one scan, or raise a :class:`CACError`."""
    scan = read_source(source, series_uid=request.series_uid, allow_gaps=request.allow_gaps)
    labels = None
    if request.labels is not None:
        labels = read_label_map(_label_file(source, request.labels, request.several), scan.geometry)
    protocol = request.protocol.protocol_for(scan.acquisition.kvp)
    return scored_scan(scan, protocol, labels, signed_off=request.signed_off)


def score_sources(
    sources: Sequence[ScanSource], request: ScoringRequest, workers: int
) -> Iterator[tuple[ScanSource, dict[str, Any]]]:
    """Score scans in parallel processes.

    Yields
    ------
    Each scan in turn, with the JSON form of its scores, or ``{"error": sentence}``. A process that dies takes
    no other scan with it: what was left undone is tried again, each in a process of its own.
    """
    with process_pool(max(1, min(workers, len(sources)))) as pool:
        running = [(source, _submitted(pool, source, request)) for source in sources]
        for source, future in running:
            try:
                scored = future.result() if future else _scored_alone(source, request)
            except BrokenProcessPool:
                scored = _scored_alone(source, request)
            yield source, scored


def _submitted(
    pool: ProcessPoolExecutor, source: ScanSource, request: ScoringRequest
) -> Future[dict[str, Any]] | None:
    """Hand a scan to the pool; None where the pool has broken already."""
    try:
        return pool.submit(_scored_json, source, request)
    except BrokenProcessPool:
        return None


def _scored_alone(source: ScanSource, request: ScoringRequest) -> dict[str, Any]:
    with process_pool(1) as pool:
        try:
            return pool.submit(_scored_json, source, request).result()
        except BrokenProcessPool:
            return {"error": "reading or scoring it ended the process; the scan is damaged or too large"}


def _scored_json(source: ScanSource, request: ScoringRequest) -> dict[str, Any]:
    import SimpleITK as sitk

    # One scan per process: more threads would only compete.
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    try:
        return as_json(score_source(source, request))
    except CACError as error:
        return {"error": str(error)}
    except (OSError, MemoryError) as error:
        return {"error": str(error) or "not enough memory"}


def _label_file(source: ScanSource, labels: Path, several: bool) -> Path:
    if not several and labels.is_file():
        return labels
    beside = [source.folder / labels, source.folder.parent / labels]
    found = next((path for path in beside if path.is_file()), None)
    if found is None:
        raise CACError(f"there is no label file {labels}, nor one of that name beside {source.name}")
    return found
