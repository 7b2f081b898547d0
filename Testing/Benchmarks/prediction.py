"""Proposals beside the same weights run plainly: one slice at a time, float32, nothing prepared."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from CACScoringLib.geometry import VolumeGeometry
from CACScoringLib.model.configuration import NetworkConfig
from CACScoringLib.model.dropout import monte_carlo_dropout
from CACScoringLib.model.inputs import network_input
from CACScoringLib.model.networks import build_network
from CACScoringLib.model.prediction.passes import candidate_passes
from CACScoringLib.model.prediction.proposal import Proposal, propose
from CACScoringLib.model.prediction.slices import Precision
from CACScoringLib.model.store import Model
from CACScoringLib.phantom.phantom import Phantom, PhantomOptions, make_phantom
from CACScoringLib.scans.ct_scan import CTScan
from timing import Row, medians

SLICES = 50
PASS_SLICES, PASSES, DROPOUT = 10, 3, 0.01
"""Passes with dropout are timed on fewer slices: PyTorch's own take more than a second each."""
PARTS: dict[Precision, int] = {"exact": 3, "fast": 5, "focused": 10}
"""Each precision's budget, as a part of the plain time."""
_RUNS = 3


def prediction_rows() -> Iterator[Row]:
    """Time a whole proposal with the published architecture, getting ready included, at each precision.

    Weights are random, the worst case for ``fast``: many candidates lie between two classes.
    """
    phantom = make_phantom(1, PhantomOptions(calcium=True))
    scan, few = (_slices(phantom, count) for count in (SLICES, PASS_SLICES))
    model = _random_model()
    plain_labels = _plain(model, scan)
    found: dict[Precision, Proposal] = {}

    def proposed(precision: Precision) -> None:
        found[precision] = propose(model, scan, precision)

    *measured_s, plain_s = medians(
        *(lambda precision=precision: proposed(precision) for precision in PARTS),
        lambda: _plain(model, scan),
        runs=_RUNS,
    )
    for (precision, part), seconds in zip(PARTS.items(), measured_s, strict=True):
        proposal = found[precision]
        looked_at = proposal.cac > 0
        changed = np.count_nonzero(proposal.cac[looked_at] != plain_labels[looked_at])
        what = (
            f"proposal, {precision} ({proposal.facts['arithmetic']}), "
            f"{changed:,} of {np.count_nonzero(looked_at):,} candidate voxels changed"
        )
        yield Row(what, f"phantom, 512 x 512 x {SLICES}", plain_s / part, seconds, "plain", plain_s)
    passes_s, plain_s = medians(
        lambda: list(candidate_passes(model, few, PASSES, DROPOUT)),
        lambda: [_plain(model, few, DROPOUT) for _ in range(PASSES)],
        runs=_RUNS,
    )
    what = f"{PASSES} passes with dropout"
    yield Row(
        what, f"phantom, 512 x 512 x {PASS_SLICES}", plain_s / PARTS["exact"], passes_s, "plain", plain_s
    )


def _slices(phantom: Phantom, count: int) -> CTScan:
    """Return the first slices of a phantom, from the beginning again where it has fewer."""
    hu = phantom.hu.take(range(count), axis=0, mode="wrap")
    return CTScan(hu, VolumeGeometry(hu.shape[::-1], phantom.geometry.spacing_mm))


def _random_model() -> Model:
    torch.manual_seed(0)
    config = NetworkConfig()
    return Model("random", build_network(config).eval(), config, {})


def _plain(model: Model, scan: CTScan, dropout: float = 0.0) -> np.ndarray:
    labels = np.zeros(scan.values.shape, np.uint8)
    with torch.inference_mode(), monte_carlo_dropout(model.network, dropout):
        for index, hu in enumerate(scan.values):
            region, lesion = model.network(network_input(hu[None]))
            region, lesion = region.softmax(dim=1)[0].numpy(), lesion.softmax(dim=1)[0].numpy()
            label = np.where(lesion[1] > 0.5, region.argmax(axis=0) + 1, 1)
            labels[index] = np.where(hu > 130, label, 0)
    return labels
