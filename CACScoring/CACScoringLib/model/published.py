"""The weights file that the authors of MTAL publish, and what its network is fed."""

from __future__ import annotations

import pickle
import re
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from ..errors import CACError
from .configuration import NetworkConfig
from .networks import MultitaskNetwork

_RENAMED = (
    (r"conv0([01])\.", r"encoder.conv0\1."),
    (r"conv_down(\d+)\.", "encoder.down"),
    (r"conv_up(\d+)_class\.", "lesion_decoder.up"),
    (r"conv_up(\d+)\.", "region_decoder.up"),
    (r"conv_double_out\.(\d)\.", r"region_head.\1."),
    (r"conv0\.", "lesion_head.0."),
    (r"conv1\.", "lesion_head.2."),
)


def read_published_weights(path: Path) -> MultitaskNetwork:
    """Read the authors' weights file into the network it belongs to, in evaluation mode.

    Only tensors are unpickled, never code.

    Raises
    ------
    CACError
        If the file is missing, damaged, holds more than tensors, or the weights of another network.
    """
    if not path.is_file():
        raise CACError(f"there is no file {path}")
    try:
        stored = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise CACError(
            f"{path} holds something else than tensors, or no PyTorch weights at all; it was not opened"
        ) from error
    except (RuntimeError, EOFError, OSError, ValueError, KeyError) as error:
        raise CACError(f"{path} is damaged or cut short: it cannot be read as PyTorch weights") from error
    if not isinstance(stored, Mapping) or not all(isinstance(value, Tensor) for value in stored.values()):
        raise CACError(f"{path} is no state dict: a mapping from names to tensors is needed")
    network = MultitaskNetwork(NetworkConfig())
    expected = network.state_dict()
    weights = {own_name(name): value for name, value in stored.items()}
    _check(path, weights, expected)
    network.load_state_dict(weights)
    return network.eval()


def own_name(published: str) -> str:
    """Name in :class:`MultitaskNetwork` of a weight that the authors call ``published``."""
    for pattern, replacement in _RENAMED:
        match = re.match(pattern, published)
        if match is None:
            continue
        rest = published[match.end() :]
        if replacement.endswith((".down", ".up")):
            return f"{replacement}.{int(match[1]) - 1}.{rest}"
        return match.expand(replacement) + rest
    return published


def _check(path: Path, weights: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> None:
    missing = [name for name in expected if name not in weights]
    strange = [name for name in weights if name not in expected]
    if missing or strange:
        example = f"{missing[0]} is missing" if missing else f"{strange[0]} is unknown"
        raise CACError(
            f"{path} holds the weights of another network: {len(missing)} of {len(expected)} are missing, "
            f"{len(strange)} unknown ({example})"
        )
    for name, tensor in expected.items():
        if weights[name].shape != tensor.shape:
            found, needed = (" x ".join(map(str, shape)) for shape in (weights[name].shape, tensor.shape))
            raise CACError(f"{path} holds another network: {name} is {found}, {needed} is needed")
        if weights[name].is_floating_point() and not weights[name].isfinite().all():
            raise CACError(f"{path} is damaged: {name} holds values that are no numbers")
