"""Candidates and scores beside a plain loop over lesions."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from CACScoringLib.candidates.candidates import find_candidates
from CACScoringLib.geometry import VolumeGeometry
from CACScoringLib.phantom.phantom import PhantomOptions, make_phantom
from CACScoringLib.scans.ct_scan import CTScan
from CACScoringLib.scoring.protocol import ScoringProtocol
from CACScoringLib.scoring.scores import score_scan
from numpy.typing import NDArray
from plain import plain_candidates, plain_scores
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
    folder = os.environ.get("CAC_REFERENCE_DATA")
    if folder:
        yield _real_geometry(Path(folder) / "nlst_0909_mask.nrrd")


def _real_geometry(path: Path) -> tuple[str, CTScan, NDArray[np.uint8]]:
    """A CT on top of real labels: heart 40 HU, candidates above 130; everything labelled, three arteries."""
    image = sitk.ReadImage(str(path))
    mask = sitk.GetArrayFromImage(image)
    rng = np.random.default_rng(0)
    hu = np.where(mask == 1, 40, -800) + rng.normal(0, 20, mask.shape)
    hu = np.where(mask >= 2, 130 + rng.exponential(150, mask.shape), np.minimum(hu, 129)).astype(np.int16)
    arteries = 2 + np.arange(mask.shape[2]) * 3 // mask.shape[2]
    labels = np.where(mask == 3, arteries, mask == 2).astype(np.uint8)
    scan = CTScan(hu, VolumeGeometry.of_image(image))
    return _named("nlst_0909 geometry", scan), scan, labels


def _named(name: str, scan: CTScan) -> str:
    size = " x ".join(str(count) for count in scan.geometry.size)
    return f"{name}, {size}, {len(find_candidates(scan)):,} candidates"


def _library_labels(scan: CTScan) -> object:
    return sitk.ConnectedComponent(sitk.GetImageFromArray((scan.hu >= 130).astype(np.uint8)), False)
