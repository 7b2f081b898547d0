"""Candidates and scores beside a plain loop over lesions."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import SimpleITK as sitk
from CACScoringLib.candidates.candidates import find_candidates
from CACScoringLib.phantom.phantom import PhantomOptions, make_phantom
from CACScoringLib.scans.ct_scan import CTScan
from CACScoringLib.scoring.protocol import ScoringProtocol
from CACScoringLib.scoring.scores import score_scan
from numpy.typing import NDArray
from plain import plain_candidates, plain_scores
from real_geometry import CALCIUM, OTHER_CANDIDATE, real_geometries
from timing import Row, medians

CANDIDATES_BUDGET_S = 0.2
SCORES_BUDGET_S = 0.020
_PROTOCOL = ScoringProtocol()


def scoring_rows() -> Iterator[Row]:
    """Time candidates and scores on a phantom, and on real geometry where CAC_REFERENCE_DATA has it."""
    for name, scan, labels in benchmark_scans():

        def candidates(scan: CTScan = scan) -> object:
            return find_candidates(scan)

        for baseline, function in (
            ("loop over lesions", lambda scan=scan: plain_candidates(scan)),
            ("SimpleITK, labels alone", lambda scan=scan: _library_labels(scan)),
        ):
            times = medians(candidates, function)
            yield Row("candidates with statistics", name, CANDIDATES_BUDGET_S, times[0], baseline, times[1])
        times = medians(
            lambda scan=scan, labels=labels: score_scan(scan, labels, _PROTOCOL),
            lambda scan=scan, labels=labels: plain_scores(scan, labels, _PROTOCOL),
        )
        yield Row("all scores, lesion table", name, SCORES_BUDGET_S, times[0], "loop over lesions", times[1])


def benchmark_scans() -> Iterator[tuple[str, CTScan, NDArray[np.uint8]]]:
    """Name, scan and labels of a phantom and, where CAC_REFERENCE_DATA has it, of real geometry."""
    phantom = make_phantom(1, PhantomOptions(calcium=True))
    scan = CTScan(phantom.hu, phantom.geometry)
    yield _named("phantom", scan), scan, phantom.cac
    for name, real, mask in real_geometries():
        if name == "nlst_0909":
            # everything is labelled, calcium as three arteries side by side
            arteries = 2 + np.arange(mask.shape[2]) * 3 // mask.shape[2]
            labels = np.where(mask == CALCIUM, arteries, mask == OTHER_CANDIDATE).astype(np.uint8)
            yield _named(f"{name} geometry", real), real, labels


def _named(name: str, scan: CTScan) -> str:
    size = " x ".join(str(count) for count in scan.geometry.size)
    return f"{name}, {size}, {len(find_candidates(scan)):,} candidates"


def _library_labels(scan: CTScan) -> object:
    return sitk.ConnectedComponent(sitk.GetImageFromArray((scan.hu >= 130).astype(np.uint8)), False)
