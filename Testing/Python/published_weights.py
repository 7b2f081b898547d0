"""State dicts with the names and sizes of the published network, drawn key by key."""

from __future__ import annotations

import zlib

import numpy as np
import torch
from CACScoringLib.model.configuration import NetworkConfig
from CACScoringLib.model.networks import build_network


def published_name(own: str) -> str:
    """Name that MTAL's authors give a weight of the multitask network, written out from SCIENCE's layers."""
    part, _, rest = own.partition(".")
    if part == "encoder" and not rest.startswith("down."):
        return rest
    if part in ("region_head", "lesion_head"):
        layer, _, kind = rest.partition(".")
        return f"conv_double_out.{rest}" if part == "region_head" else f"conv{int(layer) // 2}.{kind}"
    _, number, rest = rest.split(".", 2)
    blocks = {"encoder": "conv_down{}", "region_decoder": "conv_up{}", "lesion_decoder": "conv_up{}_class"}
    return f"{blocks[part].format(int(number) + 1)}.{rest}"


def drawn_state_dict() -> dict[str, torch.Tensor]:
    """Weights under the authors' names, each drawn from a generator seeded by its name."""
    with torch.device("meta"):
        expected = build_network(NetworkConfig()).state_dict()
    return {name: drawn_weight(name, tuple(value.shape)) for name, value in _renamed(expected)}


def drawn_weight(name: str, shape: tuple[int, ...]) -> torch.Tensor:
    """One weight, the way the reference figures were made."""
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    if name.endswith("num_batches_tracked"):
        return torch.tensor(1)
    if name.endswith("running_var"):
        values = rng.random(shape) + 0.5
    elif name.endswith(("running_mean", ".bias")):
        values = 0.1 * rng.standard_normal(shape)
    elif name.endswith("norm.weight"):
        values = 1 + 0.1 * rng.standard_normal(shape)
    else:
        values = np.sqrt(2 / np.prod(shape[1:])) * rng.standard_normal(shape)
    return torch.from_numpy(np.asarray(values, np.float32))


def _renamed(state: dict[str, torch.Tensor]) -> list[tuple[str, torch.Tensor]]:
    return [(published_name(name), value) for name, value in state.items()]
