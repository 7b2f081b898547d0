"""Do these weights belong to that network?"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from torch import Tensor, nn

from ..errors import CACError


def check_weights(path: Path, weights: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> None:
    """Raise a :class:`CACError` that names ``path`` unless weights fit a network and all are numbers.

    Parameters
    ----------
    path
        Where the weights come from.
    weights
        As found there.
    expected
        The network's state dict; only names, shapes and kinds matter.
    """
    missing = [name for name in expected if name not in weights]
    strange = [name for name in weights if name not in expected]
    if missing or strange:
        example = f"{missing[0]} is missing" if missing else f"{strange[0]} is unknown"
        raise CACError(
            f"{path} holds the weights of another network: {len(missing)} of {len(expected)} are missing, "
            f"{len(strange)} unknown ({example})"
        )
    for name, tensor in expected.items():
        found = weights[name]
        if found.shape != tensor.shape:
            raise CACError(
                f"{path} holds another network: {name} is {_size(found)}, {_size(tensor)} is needed"
            )
        if found.is_floating_point() != tensor.is_floating_point() or found.is_complex():
            raise CACError(f"{path} holds another network: {name} has values of type {found.dtype}")
        if found.is_floating_point() and not found.isfinite().all():
            raise CACError(f"{path} is damaged: {name} holds values that are no numbers")


def fingerprint(network: nn.Module) -> str:
    """Return a digest of all weights of a network, and of their names."""
    found = hashlib.sha256()
    for name, value in network.state_dict().items():
        found.update(name.encode())
        found.update(value.detach().cpu().contiguous().numpy().tobytes())
    return found.hexdigest()[:32]


def _size(tensor: Tensor) -> str:
    return " x ".join(map(str, tensor.shape)) or "a single number"
