"""What a network looks like, as one value that is stored beside its weights."""

from __future__ import annotations

import dataclasses
import difflib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from ..errors import CACError
from ..schemes import OTHER, label_scheme

NetworkKind = Literal["multitask", "single_task", "sequential"]
"""``multitask``: one encoder, a decoder for regions and one for calcium (MTAL Figure 2); ``single_task``: a
U-Net with one class per artery; ``sequential``: a network for regions whose answer feeds one for calcium."""

MOST_LEVELS, MOST_FIRST_CHANNELS, MOST_CHANNELS, MOST_REDUCTION = 9, 128, 1024, 8
"""Nine halvings leave one pixel of a 512 x 512 slice; more feature maps, at full resolution and further in,
take many GiB for one slice; eight pixels of a slice are wider than an artery."""


@dataclass(frozen=True)
class NetworkConfig:
    """Size and task of a network; the default is the network published with MTAL (Föllmer 2022).

    Parameters
    ----------
    kind
        Which of the three architectures.
    first_channels
        Feature maps of the first layer, at full resolution.
    channels
        Feature maps of each level of the encoder; each level halves rows and columns.
    innermost_dropout
        Dropout rate between encoder and decoders while training.
    with_lm
        Whether the left main is a region class of its own; otherwise it is part of LAD.
    reduction
        Rows and columns of the slice that the network sees as one: 2 lets it compute a quarter.
    window_hu
        HU from and to which the network tells shades apart; None to see all of them as the published network
        does, where fat and muscle are hardly different.
    """

    kind: NetworkKind = "multitask"
    first_channels: int = 16
    channels: tuple[int, ...] = (16, 32, 32, 64, 64, 64, 128, 128)
    innermost_dropout: float = 0.5
    with_lm: bool = False
    reduction: int = 1
    window_hu: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        kinds = get_args(NetworkKind)
        if self.kind not in kinds:
            nearest = difflib.get_close_matches(str(self.kind), kinds, n=1)
            hint = f"; did you mean '{nearest[0]}'?" if nearest else ""
            raise CACError(f"network kind '{self.kind}' is not one of {', '.join(kinds)}{hint}")
        if not 1 <= len(self.channels) <= MOST_LEVELS:
            raise CACError(f"channels has {len(self.channels)} levels; 1 to {MOST_LEVELS} are possible")
        _check_features("first_channels", self.first_channels, MOST_FIRST_CHANNELS)
        for features in self.channels:
            _check_features("channels", features, MOST_CHANNELS)
        if type(self.with_lm) is not bool:
            raise CACError(f"with_lm is {self.with_lm!r}; it must be true or false")
        if type(self.reduction) is not int or not 1 <= self.reduction <= MOST_REDUCTION:
            raise CACError(f"reduction is {self.reduction!r}; it must be 1 to {MOST_REDUCTION}")
        if self.window_hu is not None and not (len(self.window_hu) == 2 and _ascending(*self.window_hu)):
            raise CACError(f"window_hu is {self.window_hu!r}; it must be two numbers, the smaller one first")
        dropout = self.innermost_dropout
        if type(dropout) not in (int, float) or not 0 <= dropout < 1:
            raise CACError(f"innermost_dropout is {dropout!r}; it must be at least 0 and below 1")

    @property
    def levels(self) -> int:
        """Number of times rows and columns are halved."""
        return len(self.channels)

    @property
    def size_multiple(self) -> int:
        """Rows and columns of an input must be multiples of this."""
        return self.reduction * 2**self.levels

    @property
    def smallest_input(self) -> tuple[int, int]:
        """Rows and columns of the smallest input."""
        return self.size_multiple, self.size_multiple

    @property
    def region_classes(self) -> tuple[str, ...]:
        """Names of the region channels, in their order: OTHER, LAD, LCX, RCA and, kept apart, LM."""
        arteries = label_scheme(with_lm=self.with_lm).arteries
        return (OTHER, *(label.name for label in arteries))

    def as_document(self) -> dict[str, Any]:
        """Return the configuration as a JSON-able dictionary."""
        window = None if self.window_hu is None else list(self.window_hu)
        return dataclasses.asdict(self) | {"channels": list(self.channels), "window_hu": window}

    @classmethod
    def of_document(cls, document: Mapping[str, Any]) -> NetworkConfig:
        """Read a configuration.

        Raises
        ------
        CACError
            If a key is unknown (the nearest right one is named) or a value is not possible.
        """
        known = [field.name for field in dataclasses.fields(cls)]
        for key in document:
            if key not in known:
                nearest = difflib.get_close_matches(key, known, n=1)
                hint = f"; did you mean '{nearest[0]}'?" if nearest else f"; known are {', '.join(known)}"
                raise CACError(f"the network configuration has no key '{key}'{hint}")
        values = dict(document)
        for key, wanted in _LISTS.items():
            if values.get(key) is not None:
                if not isinstance(values[key], list | tuple):
                    raise CACError(f"{key} is {values[key]!r}; it must be a list, {wanted}")
                values[key] = tuple(values[key])
        return cls(**values)


_LISTS = {"channels": "one number per level", "window_hu": "from and to"}


def _check_features(key: str, features: Any, most: int) -> None:
    if type(features) is not int or not 1 <= features <= most:
        raise CACError(f"{key} holds {features!r}; 1 to {most} feature maps are possible")


def _ascending(low: Any, high: Any) -> bool:
    return type(low) in (int, float) and type(high) in (int, float) and -math.inf < low < high < math.inf
