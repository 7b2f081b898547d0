"""Small networks with random weights, scans for them, and the plain way to run them, shared by tests."""

from __future__ import annotations

import numpy as np
import torch
from CACScoringLib.geometry import VolumeGeometry
from CACScoringLib.model.configuration import NetworkConfig, NetworkKind
from CACScoringLib.model.inputs import network_input
from CACScoringLib.model.networks import Answer, build_network
from CACScoringLib.model.store import Model
from CACScoringLib.scans.ct_scan import CTScan
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage
from torch import nn

torch.set_num_threads(1)
"""Tests run beside each other; more threads would only wait for one another."""


def small_model(
    kind: NetworkKind = "multitask", *, with_lm: bool = False, prepared: bool = False, spread: float = 2.0
) -> Model:
    """Model of three levels whose norms are not the identity and whose answers differ over the slice.

    One that is ``prepared`` sees slices reduced, and HU through a window, as the demo model does.
    """
    torch.manual_seed(7)
    reduction, window_hu = (2, (-350, 850)) if prepared else (1, None)
    config = NetworkConfig(kind, 4, (4, 8, 8), with_lm=with_lm, reduction=reduction, window_hu=window_hu)
    network = build_network(config).eval()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean = 0.1 * torch.randn(module.num_features)
            module.running_var = 0.2 + torch.rand(module.num_features)
            nn.init.normal_(module.weight, 1, 0.2)
        elif isinstance(module, nn.Conv2d):
            nn.init.normal_(module.weight, 0, (spread / module.weight[0].numel()) ** 0.5)
    return Model("small", network, config, {})


def lad_everywhere() -> Model:
    """Model that is sure that every candidate is calcium of the LAD."""
    return _sure_of("LAD", calcified=True)


def other_everywhere() -> Model:
    """Model that is sure that there is neither an artery nor its calcium."""
    return _sure_of("OTHER", calcified=False)


def _sure_of(region: str, *, calcified: bool) -> Model:
    model = small_model()
    with torch.no_grad():
        model.network.region_head[2].bias[model.config.region_classes.index(region)] += 50  # type: ignore[index]
        model.network.lesion_head[2].bias[int(calcified)] += 50  # type: ignore[index]
    return model


def noisy_scan(shape: tuple[int, int, int] = (6, 32, 40), seed: int = 0) -> CTScan:
    """Scan with candidates of all sizes in every slice."""
    noise = ndimage.gaussian_filter(np.random.default_rng(seed).normal(0, 1, shape), (0, 1.5, 1.5))
    return scan_of_values(np.rint(60 + 500 * noise).astype(np.int16))


def scan_of_values(values: ArrayLike) -> CTScan:
    """Scan of 1 x 1 x 3 mm voxels."""
    array = np.asarray(values)
    return CTScan(array, VolumeGeometry(array.shape[::-1], (1.0, 1.0, 3.0)))


def plain_probabilities(model: Model, values: NDArray) -> tuple[NDArray[np.float32], ...]:
    """Network run one slice at a time in float32 without anything clever: region and lesion, or lesion."""
    slices = []
    with torch.inference_mode():
        for one in values:
            answer = model.network(network_input(one[None]))
            scores = answer if isinstance(answer, Answer) else (answer,)
            slices.append([each.softmax(dim=1)[0].numpy() for each in scores])
    return tuple(np.stack(parts) for parts in zip(*slices, strict=True))
