"""Annotations of parameters: bounds, choices, defaults, and how a spin box shows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


class Validator:
    """Raises for a value that a parameter must not have."""

    def validate(self, value: Any) -> None:
        """Raise ValueError or TypeError for what is not allowed."""
        raise NotImplementedError


class NotNone(Validator):
    """Anything but None."""

    def validate(self, value: Any) -> None:
        if value is None:
            raise ValueError("The value must not be None")


@dataclass
class IsInstance(Validator):
    """Objects of one class."""

    classtype: type

    def validate(self, value: Any) -> None:
        if value is not None and not isinstance(value, self.classtype):
            raise TypeError(f"The value must be {self.classtype}, not {value!r}")


@dataclass
class WithinRange(Validator):
    """Numbers between two bounds, both allowed."""

    minimum: float
    maximum: float

    def validate(self, value: Any) -> None:
        if not self.minimum <= value <= self.maximum:
            raise ValueError(f"The value must be within {self.minimum} and {self.maximum}, is {value}")


@dataclass
class Minimum(Validator):
    """Numbers from a bound on."""

    minimum: float

    def validate(self, value: Any) -> None:
        if value < self.minimum:
            raise ValueError(f"The value must be at least {self.minimum}, is {value}")


@dataclass
class Maximum(Validator):
    """Numbers up to a bound."""

    maximum: float

    def validate(self, value: Any) -> None:
        if value > self.maximum:
            raise ValueError(f"The value must be at most {self.maximum}, is {value}")


@dataclass
class Choice(Validator):
    """One of these values."""

    choices: list

    def validate(self, value: Any) -> None:
        if value not in self.choices:
            raise ValueError(f"The value must be one of {self.choices}, is {value!r}")


@dataclass
class Exclude(Validator):
    """None of these values."""

    excludedValues: list

    def validate(self, value: Any) -> None:
        if value in self.excludedValues:
            raise ValueError(f"The value must be none of {self.excludedValues}, is {value!r}")


@dataclass
class Default:
    """Value of a parameter that was never set."""

    value: Any


@dataclass
class Decimals:
    """Decimal places of the widget."""

    value: int


@dataclass
class SingleStep:
    """Step of the widget."""

    value: float
