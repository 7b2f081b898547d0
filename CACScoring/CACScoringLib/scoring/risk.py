"""Risk categories of a total Agatston score, and arterial age."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..errors import CACError


@dataclass(frozen=True)
class RiskScheme:
    """A named way to cut the Agatston score into ordered categories.

    Parameters
    ----------
    name
        Name on the command line and in reports.
    categories
        Names of the categories, lowest first.
    bounds
        Scores at which one category ends and the next begins.
    upper_closed
        Whether a bound still belongs to the category below it.
    zero_apart
        Whether a score of exactly 0 is a category of its own, below all others.
    counts_vessels
        Whether the number of calcified vessels is part of the category (CAC-DRS).
    """

    name: str
    categories: tuple[str, ...]
    bounds: tuple[float, ...]
    upper_closed: bool = False
    zero_apart: bool = True
    counts_vessels: bool = False

    def index(self, agatston: float) -> int:
        """Position of the category of an unrounded score in ``categories``.

        Raises
        ------
        ValueError
            If the score is negative or not a number.
        """
        if not agatston >= 0:
            raise ValueError(f"an Agatston score cannot be {agatston}")
        if not self.zero_apart:
            return self._above(agatston)
        return 0 if agatston == 0 else 1 + self._above(agatston)

    def _above(self, agatston: float) -> int:
        return int(np.searchsorted(self.bounds, agatston, side="left" if self.upper_closed else "right"))


RISK_SCHEMES = {
    scheme.name: scheme
    for scheme in (
        RiskScheme(
            "standard", ("0", "(0,10]", "(10,100]", "(100,400]", ">400"), (10, 100, 400), upper_closed=True
        ),
        RiskScheme("mtal", ("0", "(0,100)", "[100,300)", ">=300"), (100, 300)),
        RiskScheme(
            "mmwfanet",
            ("<1", "[1,10)", "[10,100)", "[100,400)", ">=400"),
            (1, 10, 100, 400),
            zero_apart=False,
        ),
        RiskScheme("cac-drs", ("A0", "A1", "A2", "A3"), (100, 300), counts_vessels=True),
    )
}
"""Schemes by name: the usual five categories, MTAL's four (Föllmer 2022), MMWFAnet's five (Zhang 2023) and
CAC-DRS (Hecht 2018), whose category also names the number of calcified vessels."""


def risk_scheme(name: str) -> RiskScheme:
    """Return a scheme by name, or raise a :class:`CACError` that lists the names."""
    try:
        return RISK_SCHEMES[name]
    except KeyError:
        raise CACError(f"risk scheme '{name}' is not one of {', '.join(RISK_SCHEMES)}") from None


def risk_category(agatston: float, scheme: str = "standard", vessels: int | None = None) -> str:
    """Name the risk category of an unrounded total Agatston score.

    Parameters
    ----------
    agatston
        Total score, 0 or more.
    scheme
        Name of a scheme in :data:`RISK_SCHEMES`.
    vessels
        Number of arteries with calcium; ``cac-drs`` appends it (``"A2/N3"``), others ignore it.
    """
    chosen = risk_scheme(scheme)
    category = chosen.categories[chosen.index(agatston)]
    return f"{category}/N{vessels}" if chosen.counts_vessels and vessels is not None else category


def arterial_age_years(agatston: float) -> float:
    """Arterial age of a total Agatston score: 39.1 + 7.25 ln(score + 1) years (McClelland 2009)."""
    return 39.1 + 7.25 * math.log(agatston + 1)
