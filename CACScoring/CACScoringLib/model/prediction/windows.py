"""Parts of a slice, on the levels of a network."""

from __future__ import annotations

import math
from typing import NamedTuple

from torch import Tensor


class Span(NamedTuple):
    """Rows or columns from ``first`` up to, not including, ``end``, of ``size``."""

    first: int
    end: int
    size: int

    def wider(self, pixels: int) -> Span:
        """Return the span with pixels added at both ends, as far as there are any."""
        return Span(max(self.first - pixels, 0), min(self.end + pixels, self.size), self.size)

    def on_grid(self, pixels: int) -> Span:
        """Return the span up to the nearest multiples of some pixels outside of it."""
        return Span(self.first // pixels * pixels, min(-(-self.end // pixels) * pixels, self.size), self.size)

    def reduced(self, factor: int) -> Span:
        """Return what bilinear interpolation between centres reads, where so many pixels are one."""
        if factor == 1:
            return self
        span = Span(self.first // factor, -(-self.end // factor), self.size // factor)
        return span.wider(1)

    def below(self) -> Span:
        """Return what bilinear doubling with aligned corners reads, on the level of half the size."""
        half = self.size // 2
        step = (half - 1) / (self.size - 1)
        return Span(
            max(math.floor(self.first * step), 0), min(math.floor((self.end - 1) * step) + 2, half), half
        )


class PixelWindow(NamedTuple):
    """Rows and columns of one level."""

    rows: Span
    columns: Span

    @property
    def is_whole(self) -> bool:
        """Whether nothing lies outside."""
        return all(span.first == 0 and span.end == span.size for span in self)

    def wider(self, pixels: int) -> PixelWindow:
        """Return the window with a margin, within the slice."""
        return PixelWindow(self.rows.wider(pixels), self.columns.wider(pixels))

    def reduced(self, factor: int) -> PixelWindow:
        """Return what interpolation reads, where squares of so many pixels are one."""
        return PixelWindow(self.rows.reduced(factor), self.columns.reduced(factor))

    def below(self) -> PixelWindow:
        """Return what doubling reads on the level below."""
        return PixelWindow(self.rows.below(), self.columns.below())

    def cut(self, maps: Tensor, inside: PixelWindow | None = None) -> Tensor:
        """Cut the window out of maps of the whole level, or of the window ``inside``."""
        row, column = (0, 0) if inside is None else (inside.rows.first, inside.columns.first)
        return maps[
            :,
            :,
            self.rows.first - row : self.rows.end - row,
            self.columns.first - column : self.columns.end - column,
        ]
