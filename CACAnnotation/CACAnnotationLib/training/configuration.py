"""What a training run is told: a small TOML file, read into frozen values."""

from __future__ import annotations

import dataclasses
import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from CACScoringLib.errors import CACError
from CACScoringLib.model.configuration import NetworkConfig

from .config_keys import TOP, check_keys

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Weighting = Literal["uncertainty", "static"]
Precision = Literal["fp32", "bf16"]

_BEYOND_64_BITS = 2**63
MOST_TRANSLATION_PIXELS, MOST_ROTATION_DEGREES, MOST_NOISE_HU, MOST_INTENSITY = 256, 180, 200, 0.5
"""Half a slice of 512 pixels, half a turn, noise that hides most calcium, contrast changed by half: beyond,
there is nothing left to learn from."""
MOST_BATCH, MOST_BATCHES, MOST_CROP, MOST_WORKERS = 1024, 1_000_000, 2048, 128
"""No machine holds larger batches or squares, nor waits for more batches; more processes than a machine has
processors only disturb one another."""


@dataclass(frozen=True)
class LossConfig:
    """How the losses of the two tasks are joined (MTAL eqs. 3 and 4).

    Parameters
    ----------
    weighting
        ``"uncertainty"`` learns the balance, ``"static"`` keeps ``alpha``.
    alpha
        Share of the region loss in the static sum.
    region_other_weight, lesion_other_weight
        Class weight of OTHER, in regions and in calcium; arteries and CAC weigh 1. The less OTHER weighs, the
        surer of it a network must be before it says so: few arteries are missed, and much else is proposed.
    """

    weighting: Weighting = "uncertainty"
    alpha: float = 0.4
    region_other_weight: float = 0.01
    lesion_other_weight: float = 0.01

    def __post_init__(self) -> None:
        _check(
            self.weighting in get_args(Weighting), "loss.weighting", self.weighting, "uncertainty or static"
        )
        _check(0 <= self.alpha <= 1, "loss.alpha", self.alpha, "0 to 1")
        for name in ("region_other_weight", "lesion_other_weight"):
            weight = getattr(self, name)
            _check(0 < weight <= 1, f"loss.{name}", weight, "above 0 and at most 1")


@dataclass(frozen=True)
class AugmentationConfig:
    """How far slices are changed at random before each use; 0 leaves a kind of change out.

    Parameters
    ----------
    translation_pixels
        Largest shift along rows and along columns.
    rotation_degrees
        Largest rotation either way.
    smallest_scale, largest_scale
        Bounds of the size that things appear at, 1 as they are; drawn evenly on a logarithmic scale.
    noise_hu
        Largest standard deviation of added white noise.
    intensity
        Largest relative change of the distance of HU from air, for example 0.02.
    """

    translation_pixels: int = 32
    rotation_degrees: float = 0.0
    smallest_scale: float = 1.0
    largest_scale: float = 1.0
    noise_hu: float = 0.0
    intensity: float = 0.0

    def __post_init__(self) -> None:
        for name, most in _MOST_AUGMENTATION.items():
            value = getattr(self, name)
            _check(0 <= value <= most, f"augmentation.{name}", value, f"0 to {most}")
        smallest, largest = self.smallest_scale, self.largest_scale
        _check(0.1 <= smallest <= 1, "augmentation.smallest_scale", smallest, "0.1 to 1")
        _check(1 <= largest <= 10, "augmentation.largest_scale", largest, "1 to 10")


_MOST_AUGMENTATION = {
    "translation_pixels": MOST_TRANSLATION_PIXELS,
    "rotation_degrees": MOST_ROTATION_DEGREES,
    "noise_hu": MOST_NOISE_HU,
    "intensity": MOST_INTENSITY,
}


@dataclass(frozen=True)
class TrainingConfig:
    """Everything that decides what a training run does with its data; defaults are MTAL's (2.2.4).

    Parameters
    ----------
    seed
        Of weights, split, thinned labels, batches, augmentation and dropout.
    epochs
        At most this many.
    patience
        Stop after so many epochs without a better validation result.
    batch_size
        Slices in a batch, over all processes together.
    batches_per_epoch
        0 for as many as it takes to see as many slices as there are.
    learning_rate, decay, decay_epochs
        Adam's step, multiplied by ``decay`` after every ``decay_epochs`` epochs.
    weight_decay
        L2 penalty on the network's weights.
    averaging
        Share that a running average of the weights keeps of itself at each step, for example 0.998. The
        average is validated and stored, and jumps less than the weights do; 0 for the weights themselves.
    validation_share
        Share of the patients kept for validation.
    crop
        Train on squares of so many pixels, 0 for whole slices. Validation always sees whole slices.
    precision
        Arithmetic of training: ``"fp32"``, or ``"bf16"`` where the processor is fast with it.
    workers
        Processes that prepare slices; 0 to prepare them in the training process.
    """

    seed: int = 0
    epochs: int = 240
    patience: int = 30
    batch_size: int = 8
    batches_per_epoch: int = 0
    learning_rate: float = 5e-4
    decay: float = 0.95
    decay_epochs: int = 5
    weight_decay: float = 1e-5
    averaging: float = 0.0
    validation_share: float = 0.2
    crop: int = 0
    precision: Precision = "fp32"
    workers: int = 0
    network: NetworkConfig = field(default_factory=NetworkConfig)
    loss: LossConfig = field(default_factory=LossConfig)
    augmentation: AugmentationConfig = field(default_factory=AugmentationConfig)

    def __post_init__(self) -> None:
        for name in ("epochs", "patience", "decay_epochs"):
            _check(getattr(self, name) >= 1, name, getattr(self, name), "1 or more")
        _check(self.seed >= 0, "seed", self.seed, "0 or more")
        highest = {"batches_per_epoch": MOST_BATCHES, "weight_decay": 1, "workers": MOST_WORKERS}
        for name, most in highest.items():
            _check(0 <= getattr(self, name) <= most, name, getattr(self, name), f"0 to {most}")
        # batch normalisation needs two
        _check(2 <= self.batch_size <= MOST_BATCH, "batch_size", self.batch_size, f"2 to {MOST_BATCH}")
        _check(self.learning_rate > 0, "learning_rate", self.learning_rate, "above 0")
        _check(0 < self.decay <= 1, "decay", self.decay, "above 0 and at most 1")
        _check(0 < self.validation_share < 1, "validation_share", self.validation_share, "between 0 and 1")
        _check(0 <= self.averaging < 1, "averaging", self.averaging, "at least 0 and below 1")
        _check(self.precision in get_args(Precision), "precision", self.precision, "fp32 or bf16")
        multiple = self.network.size_multiple
        fits = self.crop >= 0 and self.crop % multiple == 0
        _check(
            fits, "crop", self.crop, f"0 or a multiple of {multiple}, as {self.network.levels} levels need"
        )
        _check(self.crop <= MOST_CROP, "crop", self.crop, f"at most {MOST_CROP}")

    def as_document(self) -> dict[str, Any]:
        """Return the configuration as a JSON-able dictionary, as :func:`config_of_document` reads it."""
        return dataclasses.asdict(self) | {"network": self.network.as_document()}


def read_config(path: Path) -> TrainingConfig:
    """Read a configuration file, or raise a :class:`CACError` that names what is wrong in it."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CACError(f"cannot read the configuration {path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise CACError(f"the configuration {path} is no text file") from error
    except (ValueError, RecursionError) as error:  # not all that tomllib raises is its own
        raise CACError(f"the configuration {path} is no valid TOML: {error}") from error
    try:
        return config_of_document(document)
    except CACError as error:
        raise CACError(f"{path}: {error}") from None


def config_of_document(document: Mapping[str, Any]) -> TrainingConfig:
    """Build a configuration from nested dictionaries; a wrong key is named with the nearest right one."""
    check_keys(document, _KEYS)
    built: dict[str, Any] = {}
    if "network" in document:
        built["network"] = NetworkConfig.of_document(document["network"])
    for name, kind in _SECTIONS.items():
        if name in document:
            built[name] = kind(**_checked(kind, document[name]))
    plain = {key: value for key, value in document.items() if key not in _KEYS}
    return TrainingConfig(**_checked(TrainingConfig, plain), **built)


def _keys(kind: type[Any]) -> list[str]:
    return [each.name for each in dataclasses.fields(kind)]


_SECTIONS: dict[str, type[Any]] = {"loss": LossConfig, "augmentation": AugmentationConfig}
_TABLES = {"network": NetworkConfig} | _SECTIONS
_KEYS = {TOP: [key for key in _keys(TrainingConfig) if key not in _TABLES]} | {
    name: _keys(kind) for name, kind in _TABLES.items()
}


def _checked(kind: type[Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Plain values of one section, of the types of its fields."""
    defaults = {each.name: each.default for each in dataclasses.fields(kind)}
    return {key: _of_type(type(defaults[key]), key, value) for key, value in values.items()}


def _of_type(wanted: type[object], key: str, value: Any) -> Any:
    if type(value) is int and not -_BEYOND_64_BITS <= value < _BEYOND_64_BITS:
        raise CACError(f"'{key}' is a whole number beyond 2^63, where TOML's end")
    if wanted is float and type(value) is int:
        value = float(value)
    if type(value) is not wanted or (isinstance(value, float) and not math.isfinite(value)):
        names = {int: "a whole number", float: "a number", str: "a text in quotes"}
        raise CACError(f"'{key}' is {value!r}; it must be {names[wanted]}")
    return value


def _check(right: bool, name: str, value: object, wanted: str) -> None:
    if not right:
        raise CACError(f"'{name}' is {value!r}; it must be {wanted}")
