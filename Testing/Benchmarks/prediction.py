"""Proposals beside the same weights run plainly: one slice at a time, float32, nothing prepared."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from CACScoringLib.geometry import VolumeGeometry
from CACScoringLib.model.configuration import NetworkConfig
from CACScoringLib.model.inputs import network_input
from CACScoringLib.model.networks import build_network
from CACScoringLib.model.prediction.proposal import Proposal, propose
from CACScoringLib.model.prediction.slices import Precision
from CACScoringLib.model.store import Model
from CACScoringLib.phantom.phantom import PhantomOptions, make_phantom
from CACScoringLib.scans.ct_scan import CTScan
from timing import Row, medians

SLICES = 20
PARTS: dict[Precision, int] = {"exact": 3, "fast": 5, "focused": 10}
"""Each precision's budget, as a part of the plain time."""
_RUNS = 3


def prediction_rows() -> Iterator[Row]:
    """Time a whole proposal with the published architecture, getting ready included, at each precision.

    Weights are random, the worst case for ``fast``: many candidates lie between two classes.
    """
    phantom = make_phantom(1, PhantomOptions(calcium=True))
    hu = phantom.hu[:SLICES]
    scan = CTScan(hu, VolumeGeometry(hu.shape[::-1], phantom.geometry.spacing_mm))
    model = _random_model()
    plain_labels = _plain(model, scan)
    for precision, part in PARTS.items():
        found: list[Proposal] = []
        measured_s, plain_s = medians(
            lambda precision=precision, found=found: found.append(propose(model, scan, precision)),
            lambda: _plain(model, scan),
            _RUNS,
        )
        looked_at = found[-1].cac > 0
        changed = np.count_nonzero(found[-1].cac[looked_at] != plain_labels[looked_at])
        what = (
            f"proposal, {precision} ({found[-1].facts['arithmetic']}), "
            f"{changed:,} of {np.count_nonzero(looked_at):,} candidate voxels changed"
        )
        yield Row(what, f"phantom, 512 x 512 x {SLICES}", plain_s / part, measured_s, "plain", plain_s)


def _random_model() -> Model:
    torch.manual_seed(0)
    config = NetworkConfig()
    return Model("random", build_network(config).eval(), config, {})


def _plain(model: Model, scan: CTScan) -> np.ndarray:
    labels = np.zeros(scan.values.shape, np.uint8)
    with torch.inference_mode():
        for index, hu in enumerate(scan.values):
            region, lesion = model.network(network_input(hu[None]))
            region, lesion = region.softmax(dim=1)[0].numpy(), lesion.softmax(dim=1)[0].numpy()
            label = np.where(lesion[1] > 0.5, region.argmax(axis=0) + 1, 1)
            labels[index] = np.where(hu > 130, label, 0)
    return labels
