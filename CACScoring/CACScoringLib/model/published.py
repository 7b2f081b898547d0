"""The weights file that the authors of MTAL publish, and what its network is fed."""

from __future__ import annotations

import hashlib
import pickle
import re
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..errors import CACError
from .configuration import NetworkConfig
from .networks import MultitaskNetwork
from .weights import check_weights

_RENAMED = (
    (r"conv0([01])\.", r"encoder.conv0\1."),
    (r"conv_down(\d+)\.", "encoder.down"),
    (r"conv_up(\d+)_class\.", "lesion_decoder.up"),
    (r"conv_up(\d+)\.", "region_decoder.up"),
    (r"conv_double_out\.(\d)\.", r"region_head.\1."),
    (r"conv0\.", "lesion_head.0."),
    (r"conv1\.", "lesion_head.2."),
)

_ZIP, _PICKLE = b"PK\x03\x04", b"\x80"
"""First bytes of a weights file, as PyTorch writes it since 1.6 and as it did before."""


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
    stored = _tensors(path)
    if not isinstance(stored, Mapping) or not all(isinstance(value, Tensor) for value in stored.values()):
        raise CACError(f"{path} is no state dict: a mapping from names to tensors is needed")
    network = MultitaskNetwork(NetworkConfig())
    expected = network.state_dict()
    weights = {own_name(name): value for name, value in stored.items()}
    check_weights(path, weights, expected)
    network.load_state_dict(weights)
    return network.eval()


def published_card(path: Path) -> dict[str, Any]:
    """Return the card of a model imported from the authors' weights file.

    A file cannot prove whose it is, so the card says what is known of it, its fingerprint included.
    """
    return {
        "summary": (
            "Multitask network of MTAL (Föllmer 2022): coronary artery regions and calcium of a slice."
        ),
        "data": (
            "Imported from a weights file with the names and sizes of the one that the authors of MTAL "
            "publish. Theirs was trained on calcium-scoring CT of patients of the DISCHARGE trial; whether "
            "this file is theirs was not checked, and it was not tested on patients here."
        ),
        "imported": {"sha256": hashlib.sha256(path.read_bytes()).hexdigest()},
    }


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


def _tensors(path: Path) -> Any:
    with path.open("rb") as file:
        start = file.read(len(_ZIP))
    if start != _ZIP and not start.startswith(_PICKLE):
        raise CACError(f"{path} is no PyTorch weights file")
    try:
        if start == _ZIP and not zipfile.is_zipfile(path):
            raise CACError(f"{path} is cut short: the end of the file is missing")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise CACError(
            f"{path} is no state dict: it holds something else than tensors, perhaps code, and was not opened"
        ) from error
    except CACError:
        raise
    except Exception as error:  # whatever a damaged file makes PyTorch stumble over
        raise CACError(f"{path} is damaged, or no PyTorch weights file") from error
