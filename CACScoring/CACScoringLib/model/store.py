"""Models on disk: a folder with ``config.json``, ``weights.safetensors``, ``card.json`` and ``README.md``."""

from __future__ import annotations

import difflib
import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor, nn

from ..errors import CACError, os_reason
from ..resources import resource_path, shipped_models
from ..whole_files import write_whole
from .card import NOTICE, UNKNOWN_DATA, readable_card
from .configuration import NetworkConfig
from .folder_swap import folder_as_it_stands, put_in_place, put_right
from .networks import build_network
from .weights import check_weights

CONFIG_NAME, WEIGHTS_NAME, CARD_NAME, README_NAME = (
    "config.json",
    "weights.safetensors",
    "card.json",
    "README.md",
)
FORMAT, VERSION = "coronary-calcium model", 1

_FINGERPRINT = "weights_sha256"
_LARGEST_DOCUMENT = 2**20
"""Bytes; a longer config or card is none."""


@dataclass(frozen=True, eq=False)
class Model:
    """A network with its weights, and what is known about it.

    Parameters
    ----------
    name
        Name of the shipped model, or of its folder.
    network
        In evaluation mode, float32, on the CPU.
    config
        What the network looks like.
    card
        ``summary``, ``data`` (what data it has seen) and whatever else whoever trained it wrote down.
    """

    name: str
    network: nn.Module
    config: NetworkConfig
    card: dict[str, Any]

    @property
    def parameters(self) -> int:
        """Number of weights that are learned."""
        return sum(parameter.numel() for parameter in self.network.parameters())


def load_model(name_or_directory: str | Path) -> Model:
    """Load a shipped model by its name, or the model in a directory.

    Nothing is ever unpickled: weights are safetensors, the rest is JSON.

    Raises
    ------
    CACError
        If there is no such model, a file of it is missing, damaged, cut short or something else, it was made
        for other labels, or its configuration has an unknown key.
    """
    directory = _model_directory(name_or_directory)
    name = Path(name_or_directory).resolve().name
    config, fingerprint = _read_config(directory / CONFIG_NAME)
    card = _read_document(directory / CARD_NAME)
    # on the meta device a network has shapes but no memory, so a strange configuration costs nothing
    with torch.device("meta"):
        network = build_network(config)
    path = directory / WEIGHTS_NAME
    content = _content(path)
    weights = _weights(path, content)
    check_weights(path, weights, network.state_dict())
    # last: what is wrong with the weights says more than that they are others
    if fingerprint is not None and hashlib.sha256(content).hexdigest() != fingerprint:
        raise CACError(
            f"{path} is damaged, or not the file that was saved with this model: its SHA-256 is not the one "
            f"in {CONFIG_NAME}; copy the whole folder again"
        )
    network.load_state_dict(weights, assign=True)
    return Model(name, network.eval(), config, card)


def save_model(
    directory: Path,
    network: nn.Module,
    config: NetworkConfig,
    card: Mapping[str, Any],
    *,
    replace: bool = False,
) -> None:
    """Write a model; its folder appears under its name only when everything in it is written.

    Parameters
    ----------
    directory
        The folder to be made; it may exist if it is empty.
    network, config
        The network, on any device, and what it looks like.
    card
        JSON-able; ``data`` should say in a sentence what data the model has seen.
    replace
        Whether a model that lies there already is replaced.

    Raises
    ------
    CACError
        If the folder holds something else, cannot be written, or the disk is full; nothing half-written is
        left behind, and a model that lay there is still there.
    """
    directory = directory.resolve()
    try:
        put_right(directory)
        _refuse_to_overwrite(directory, replace)
        _write_model(directory, network, config, card)
    except OSError as error:
        raise CACError(f"cannot write the model {directory}: {os_reason(error)}") from error


def _model_directory(name_or_directory: str | Path) -> Path:
    shipped = shipped_models()
    if not str(name_or_directory).strip():
        known = ", ".join(shipped) or "there is none"
        raise CACError(f"no model is named; name a model's folder, or a shipped one: {known}")
    if str(name_or_directory) in shipped:
        return resource_path("Models") / str(name_or_directory)
    directory = Path(name_or_directory)
    if not directory.exists():
        directory = folder_as_it_stands(directory)
    if directory.is_file():
        raise CACError(
            f"{directory} is a file and a model is a folder; `cac model import` makes a model of the weights "
            "file that the authors of MTAL publish"
        )
    if not directory.is_dir():
        nearest = difflib.get_close_matches(str(name_or_directory), shipped, n=1)
        known = f"did you mean '{nearest[0]}'?" if nearest else f"shipped are: {', '.join(shipped) or 'none'}"
        raise CACError(f"there is no model '{name_or_directory}', neither shipped nor as a folder; {known}")
    missing = [name for name in (CONFIG_NAME, WEIGHTS_NAME, CARD_NAME) if not (directory / name).is_file()]
    if missing:
        verb = "is" if len(missing) == 1 else "are"
        raise CACError(f"the folder {directory} holds no whole model: {', '.join(missing)} {verb} missing")
    return directory


def _read_config(path: Path) -> tuple[NetworkConfig, str | None]:
    """Return what the network looks like, and the SHA-256 of its weights, which older models do not have."""
    document = _read_document(path)
    if document.get("format") != FORMAT or not isinstance(document.get("network"), dict):
        raise CACError(f"{path} is not the configuration of a {FORMAT}, but some other JSON")
    if document.get("version") != VERSION:
        raise CACError(
            f"{path} is of version {document.get('version')!r} and this program reads version {VERSION}; "
            "update it, or save the model anew"
        )
    try:
        config = NetworkConfig.of_document(document["network"])
    except CACError as error:
        raise CACError(f"{path}: {error}") from error
    made_for = document.get("region_classes")
    if made_for != list(config.region_classes):
        named = ", ".join(map(str, made_for)) if isinstance(made_for, list) else "unnamed labels"
        raise CACError(
            f"{path} is of a model made for other labels: {named} instead of "
            f"{', '.join(config.region_classes)}"
        )
    return config, document.get(_FINGERPRINT)


def _read_document(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > _LARGEST_DOCUMENT:
            raise CACError(f"{path} is too long to be part of a model")
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CACError(f"cannot read {path}: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise CACError(f"{path} is damaged or cut short: it cannot be read as JSON") from error
    if not isinstance(document, dict):
        raise CACError(f"{path} holds JSON, but no object with named values")
    return document


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CACError(f"cannot read {path}: {error.strerror or error}") from error


def _weights(path: Path, content: bytes) -> dict[str, Tensor]:
    try:
        weights = safetensors.torch.load(content)
    except (SafetensorError, ValueError, KeyError) as error:
        raise CACError(f"{path} is damaged, cut short, or no safetensors file at all") from error
    return {name: value.float() if value.is_floating_point() else value for name, value in weights.items()}


def _refuse_to_overwrite(directory: Path, replace: bool) -> None:
    if directory.exists() and not directory.is_dir():
        raise CACError(f"{directory} is a file; name a folder to be made")
    if not directory.is_dir() or not any(directory.iterdir()):
        return
    if not (replace and (directory / CONFIG_NAME).is_file() and (directory / WEIGHTS_NAME).is_file()):
        raise CACError(f"the folder {directory} is not empty; name a new one, or empty it first")


def _write_model(directory: Path, network: nn.Module, config: NetworkConfig, card: Mapping[str, Any]) -> None:
    whole_card = {"data": UNKNOWN_DATA} | dict(card) | {"notice": NOTICE}
    weights = {name: value.detach().cpu().contiguous() for name, value in network.state_dict().items()}
    content = safetensors.torch.save(weights)
    document = {
        "format": FORMAT,
        "version": VERSION,
        "region_classes": list(config.region_classes),
        "network": config.as_document(),
        _FINGERPRINT: hashlib.sha256(content).hexdigest(),
    }
    partial = directory.with_name(f".{directory.name}.partial")
    try:
        shutil.rmtree(partial, ignore_errors=True)
        write_whole(partial / WEIGHTS_NAME, content)
        write_whole(partial / CONFIG_NAME, json.dumps(document, indent=2) + "\n")
        write_whole(partial / CARD_NAME, json.dumps(whole_card, indent=2, ensure_ascii=False) + "\n")
        write_whole(partial / README_NAME, readable_card(directory.name, config, whole_card))
        put_in_place(partial, directory)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
