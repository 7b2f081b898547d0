"""What counts as calcium and how it is summed: the scoring protocol and its presets."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from ..errors import CACError
from .risk import risk_scheme

AGATSTON_INCREMENT_MM = 3.0
"""The slice increment on which the Agatston score is defined (Agatston 1990)."""

TooSmallRule = Literal["component_area", "lesion_area", "lesion_volume", "nothing"]

KVP_STEPS_HU: dict[int, tuple[float, float, float, float]] = {
    70: (207, 318, 477, 636),
    80: (177, 271, 408, 544),
    100: (145, 222, 334, 446),
    120: (130, 200, 300, 400),
}
"""Weight steps in HU by tube voltage, as CalciumScoring.jl attributes them to Gräni 2018; the row of 100 kV
is less certain than those of 70 and 80 kV."""

_CHANGED = " (changed)"

LARGEST_MASS_FACTOR = 100
"""In mg/(cm³·HU); scanners have about 0.8."""


@dataclass(frozen=True)
class ScoringProtocol:
    """How a labelled scan is scored.

    Parameters
    ----------
    name
        Name of the preset; ``"… (changed)"`` once a field was set by hand.
    threshold_hu
        Where calcium begins.
    strictly_above
        Whether a voxel exactly at the threshold is left out (MTAL, orCaScore) or counts (Agatston 1990).
    weight_steps_hu
        Peak HU from which an area weighs 1, 2, 3 and 4; an area below the first step weighs 1 too.
    too_small
        What is left out as too small: slice by slice each 2-D component by its area, each 3-D lesion by its
        area summed over slices, each 3-D lesion by its volume, or nothing. What is left out counts nowhere.
    smallest
        The smallest area (mm²) or volume (mm³) that counts under that rule.
    normalise_increment
        Whether the Agatston score is multiplied by slice increment / 3 mm.
    keep_lm_apart
        Whether the left main is an artery of its own; otherwise it is part of LAD.
    risk_scheme
        Name of the scheme for the risk category.
    mass_factor
        Calibration factor in mg/(cm³·HU) from a phantom scan; None for an uncalibrated scanner: no mass.
    """

    name: str = "agatston"
    threshold_hu: float = 130.0
    strictly_above: bool = False
    weight_steps_hu: tuple[float, float, float, float] = KVP_STEPS_HU[120]
    too_small: TooSmallRule = "component_area"
    smallest: float = 1.0
    normalise_increment: bool = True
    keep_lm_apart: bool = False
    risk_scheme: str = "standard"
    mass_factor: float | None = None

    def __post_init__(self) -> None:
        if self.too_small not in get_args(TooSmallRule):
            raise CACError(f"too_small '{self.too_small}' is not one of {', '.join(get_args(TooSmallRule))}")
        steps = self.weight_steps_hu
        if len(steps) != 4 or not np.all(np.isfinite(steps)) or sorted(steps) != list(steps):
            raise CACError(f"weight_steps_hu must be four rising HU values, not {steps}")
        if not np.isfinite(self.threshold_hu):
            raise CACError(f"threshold_hu must be a number, not {self.threshold_hu}")
        if not (np.isfinite(self.smallest) and self.smallest >= 0):
            raise CACError(f"smallest must be an area or volume of 0 or more, not {self.smallest}")
        if self.mass_factor is not None and not 0 < self.mass_factor < LARGEST_MASS_FACTOR:
            raise CACError(
                f"mass_factor must be between 0 and {LARGEST_MASS_FACTOR} mg/(cm³·HU), not {self.mass_factor}"
            )
        risk_scheme(self.risk_scheme)

    def is_candidate(self, hu: NDArray) -> NDArray[np.bool_]:
        """Tell for each voxel whether it reaches the threshold."""
        return hu > self.threshold_hu if self.strictly_above else hu >= self.threshold_hu

    def weights(self, peak_hu: NDArray) -> NDArray[np.int64]:
        """Agatston weight, 1 to 4, of components with these peaks."""
        return np.maximum(np.searchsorted(self.weight_steps_hu, peak_hu, side="right"), 1)

    def increment_factor(self, increment_mm: float) -> float:
        """By how much an Agatston score of slices this far apart, in mm, is multiplied."""
        return increment_mm / AGATSTON_INCREMENT_MM if self.normalise_increment else 1.0

    def for_tube_voltage(self, kvp: float | None) -> ScoringProtocol:
        """Return this protocol with the threshold and weight steps of a tube voltage.

        Raises
        ------
        CACError
            If the voltage is not stated or no thresholds are published for it.
        """
        steps = KVP_STEPS_HU.get(round(kvp)) if kvp else None
        if steps is None:
            known = ", ".join(str(each) for each in KVP_STEPS_HU)
            stated = f"{kvp:g} kV" if kvp else "an unstated tube voltage"
            raise CACError(
                f"no thresholds are known for {stated}, only for {known} kV; score at 130 HU instead"
            )
        certainty = ", less certain" if steps is KVP_STEPS_HU[100] else ""
        name = f"{self.name} (thresholds of {kvp:g} kV{certainty})"
        return dataclasses.replace(self, name=name, threshold_hu=steps[0], weight_steps_hu=steps)

    def adjusted(self, **fields: Any) -> ScoringProtocol:
        """Return this protocol with fields changed and a name that says so; itself where none differs."""
        changes = {field: value for field, value in fields.items() if getattr(self, field) != value}
        if not changes:
            return self
        name = f"{self.name.removesuffix(_CHANGED)}{_CHANGED}"
        return dataclasses.replace(self, **{"name": name, **changes})

    def with_settings(self, settings: Iterable[str]) -> ScoringProtocol:
        """Return this protocol with fields set from ``field=value`` texts, as the command line gives them."""
        changes: dict[str, Any] = dict(_parse_setting(setting) for setting in settings)
        if not changes:
            return self
        return dataclasses.replace(self, **{"name": f"{self.name}{_CHANGED}", **changes})


PRESETS = {
    preset.name: preset
    for preset in (
        ScoringProtocol(),
        ScoringProtocol(
            "mtal2022", strictly_above=True, too_small="lesion_volume", smallest=1.5, risk_scheme="mtal"
        ),
        ScoringProtocol("hong2022", too_small="lesion_area", normalise_increment=False, keep_lm_apart=True),
        ScoringProtocol("orcascore", strictly_above=True, too_small="nothing", smallest=0.0),
    )
}
"""The published protocols by name; ``agatston`` is the default."""


def protocol_named(name: str) -> ScoringProtocol:
    """Return a preset, or raise a :class:`CACError` that lists the presets."""
    try:
        return PRESETS[name]
    except KeyError:
        raise CACError(f"protocol '{name}' is not one of {', '.join(PRESETS)}") from None


PROTOCOL_FIELDS = tuple(field.name for field in dataclasses.fields(ScoringProtocol))
"""Names of the fields that a user may set."""


@dataclass(frozen=True)
class ProtocolChoice:
    """What a user asked for; the protocol follows once the scan's tube voltage is known.

    Parameters
    ----------
    name
        Name of a preset.
    settings
        ``field=value`` texts that change it.
    from_tube_voltage
        Whether threshold and weights follow the tube voltage.
    """

    name: str = "agatston"
    settings: tuple[str, ...] = ()
    from_tube_voltage: bool = False

    def protocol_for(self, kvp: float | None) -> ScoringProtocol:
        """Return the protocol for a scan made at this tube voltage."""
        protocol = protocol_named(self.name)
        if self.from_tube_voltage:
            protocol = protocol.for_tube_voltage(kvp)
        return protocol.with_settings(self.settings)


def _parse_setting(setting: str) -> tuple[str, object]:
    field, equals, text = setting.partition("=")
    kinds = {each.name: each.type for each in dataclasses.fields(ScoringProtocol)}
    if not equals or field not in kinds:
        raise CACError(f"setting '{setting}' is not FIELD=VALUE with a field of {', '.join(kinds)}")
    kind = kinds[field]
    try:
        if kind == "bool":
            return field, {"true": True, "false": False}[text.lower()]
        if kind == "float | None" and text.lower() in ("none", ""):
            return field, None
        if kind in ("float", "float | None"):
            return field, float(text)
        if field == "weight_steps_hu":
            return field, tuple(float(part) for part in text.split(","))
    except (ValueError, KeyError):
        raise CACError(f"setting '{setting}': '{text}' is not a value of {field}") from None
    return field, text
