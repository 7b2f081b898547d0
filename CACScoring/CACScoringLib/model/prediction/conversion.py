"""Networks in OpenVINO's form, kept on disk: converting one takes seconds, reading it again next to none."""

from __future__ import annotations

import hashlib
import os
import sys
import warnings
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ...errors import CACError
from ...whole_files import whole_file
from ..weights import fingerprint
from .openvino_import import openvino_module

MOST_KEPT = 24
"""Converted networks on disk; the published one takes 12 MB."""


def converted(network: nn.Module, examples: Sequence[Tensor], sizes: Sequence[Sequence[int]]) -> Any:
    """Return a network as OpenVINO holds it.

    Parameters
    ----------
    network
        In evaluation mode.
    examples
        Inputs that the network is traced with. Small ones take less time, but a network made for one size
        must see it.
    sizes
        Shape of each input as it will come.
    """
    openvino = openvino_module()

    path = _cache_folder() / f"{_digest(network, examples)}.xml"
    model = _read(path)
    if model is None:
        with torch.inference_mode(), warnings.catch_warnings():
            # PyTorch would rather export; OpenVINO takes either, and tracing is the quicker way.
            warnings.simplefilter("ignore", DeprecationWarning)
            # OpenVINO's own tracing runs the network three times more to compare.
            traced = torch.jit.trace(network, tuple(examples), check_trace=False)
        model = openvino.convert_model(traced, example_input=tuple(examples))
        _keep(model, path)
        # the last bits of what is read differ from those of what was written: the same seed, the same passes
        model = _read(path) or model
    model.reshape({port: list(size) for port, size in zip(model.inputs, sizes, strict=True)})
    return model


def _cache_folder() -> Path:
    """Where this user's caches belong; ``CAC_CACHE`` names another place."""
    if chosen := os.environ.get("CAC_CACHE"):
        return Path(chosen) / "openvino"
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "coronary-calcium" / "openvino"


def _digest(network: nn.Module, examples: Sequence[Tensor]) -> str:
    """Tell apart all that the converted network depends on: layers, weights, code and versions."""
    openvino = openvino_module()

    found = hashlib.sha256(f"{openvino.__version__} {torch.__version__} {_code()}".encode())
    found.update(repr(network).encode())
    found.update(repr([tuple(example.shape) for example in examples]).encode())
    found.update(fingerprint(network).encode())
    return found.hexdigest()[:32]


@cache
def _code() -> str:
    """Digest of the source of all networks, so that nobody has to remember to change a number."""
    package = Path(__file__).resolve().parents[1]
    found = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        found.update(path.read_bytes())
    return found.hexdigest()


def _read(path: Path) -> Any:
    """Return what was kept; None where nothing was, or it is damaged."""
    openvino = openvino_module()

    if not path.is_file():
        return None
    try:
        model = openvino.Core().read_model(path)
        os.utime(path)
    except (RuntimeError, OSError):
        return None
    return model


def _keep(model: Any, path: Path) -> None:
    """Write a converted network for the next time; a full or read-only disk only makes that slower."""
    from openvino import serialize

    partial = path.with_name(f".{os.getpid()}-{path.name}")
    with suppress(OSError, RuntimeError, CACError):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            serialize(model, partial)
            # the weights first: a description without them is damaged
            for suffix in (".bin", ".xml"):
                with whole_file(path.with_suffix(suffix)) as file:
                    file.write(partial.with_suffix(suffix).read_bytes())
        finally:
            for suffix in (".bin", ".xml"):
                partial.with_suffix(suffix).unlink(missing_ok=True)
        for old in sorted(path.parent.glob("*.xml"), key=lambda each: -each.stat().st_mtime)[MOST_KEPT:]:
            for suffix in (".xml", ".bin"):
                old.with_suffix(suffix).unlink(missing_ok=True)
