"""Figures as people read them."""

from __future__ import annotations

from .bootstrap import Estimate, Interval

_MINUS = "\N{MINUS SIGN}"


def number(value: float) -> str:
    """Write a reading or difference: three significant digits, or all digits before the point."""
    text = f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return text.replace("-", _MINUS)


def coefficient(value: float | None) -> str:
    """Write a coefficient between -1 and 1, or say that it is undefined."""
    return "undefined" if value is None else f"{value:.3f}".replace("-", _MINUS)


def interval(bounds: Interval | None) -> str:
    """Write the interval of a coefficient; nothing where there is none."""
    return "" if bounds is None else f"{coefficient(bounds.low)} to {coefficient(bounds.high)}"


def with_interval(estimate: Estimate) -> str:
    """Write a coefficient and, in parentheses, its bootstrap interval."""
    bounds = f" ({interval(estimate.bootstrap)})" if estimate.bootstrap else ""
    return coefficient(estimate.value) + bounds
