"""The table of paired readings that ``cac agree`` reads."""

from __future__ import annotations

import csv
import math
import stat
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import CACError, os_reason

FEWEST_ROWS = 3
"""Fewer pairs give no interval and no standard deviation worth the name."""

AGATSTON = "agatston"
"""The measure that is also sorted into risk categories: a pair of columns ``agatston_a``, ``agatston_b``."""

LARGEST_READING = 1e12
"""No score, volume or mass comes near it, in whatever unit; squares of larger readings would overflow."""

_LONGEST_NAME = 100
"""Names of measures are titles of pictures and parts of file names."""

_MISSING = {"", "nan", "na", "n/a", "none", "null"}


@dataclass(frozen=True, eq=False)
class PairedReadings:
    """One measure read twice on many scans.

    Parameters
    ----------
    reference, test
        Columns ``…_a`` and ``…_b``, complete pairs only, shape ``(pairs,)``.
    left_out
        Number of rows with an empty cell in the pair.
    """

    reference: NDArray[np.float64]
    test: NDArray[np.float64]
    left_out: int


@dataclass(frozen=True, eq=False)
class PairedTable:
    """All pairs of columns of a table.

    Parameters
    ----------
    rows
        Number of rows below the header.
    measures
        Readings by measure, in the order of the columns.
    ignored
        Columns that are no part of a pair, such as the scan's name.
    """

    rows: int
    measures: dict[str, PairedReadings]
    ignored: tuple[str, ...]

    @property
    def agatston(self) -> PairedReadings | None:
        """Readings of the total Agatston score, if the table has them."""
        return next((each for name, each in self.measures.items() if name.lower() == AGATSTON), None)


def read_paired_table(path: Path) -> PairedTable:
    """Read a comma-separated table with one row per scan and two columns per measure.

    Columns ``<measure>_a`` (reference) and ``<measure>_b`` (reading under test) make a pair; other columns
    are ignored. An empty cell, ``NaN`` or ``NA`` leaves its pair out.

    Raises
    ------
    CACError
        If the file is unreadable, a column lacks its partner or has too long a name, a cell is not a number
        or beyond :data:`LARGEST_READING`, or fewer than :data:`FEWEST_ROWS` rows are there.
    """
    lines = _read_lines(path)
    if not lines:
        raise CACError(f"table {path} is empty; it needs a header row and one row per scan")
    header = [name.strip() for name in lines[0][1]]
    pairs = _paired_columns(path, header)
    rows = [(number, cells) for number, cells in lines[1:] if any(cell.strip() for cell in cells)]
    for number, cells in rows:
        if len(cells) != len(header):
            raise CACError(f"table {path}, line {number}: {len(cells)} cells for {len(header)} columns")
    if len(rows) < FEWEST_ROWS:
        raise CACError(f"table {path} has {len(rows)} rows; agreement needs at least {FEWEST_ROWS} scans")
    measures = {}
    for measure, columns in pairs.items():
        readings = np.array(
            [
                [_number(path, number, header[column], cells[column]) for column in columns]
                for number, cells in rows
            ]
        )
        complete = ~np.isnan(readings).any(axis=1)
        measures[measure] = PairedReadings(
            readings[complete, 0], readings[complete, 1], int(np.count_nonzero(~complete))
        )
    paired = {column for columns in pairs.values() for column in columns}
    ignored = tuple(name for column, name in enumerate(header) if column not in paired)
    return PairedTable(len(rows), measures, ignored)


def _read_lines(path: Path) -> list[tuple[int, list[str]]]:
    """Line number in the file and cells of every row."""
    try:
        # A pipe would be waited for without end.
        if not stat.S_ISREG(path.stat().st_mode):
            raise CACError(f"table {path} is no file but a folder, pipe or device; name a CSV file")
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            return [(reader.line_num, cells) for cells in reader]
    except OSError as error:
        raise CACError(f"cannot read table {path}: {os_reason(error)}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise CACError(f"table {path} is not comma-separated text in UTF-8; export it as CSV") from error


def _paired_columns(path: Path, header: list[str]) -> dict[str, tuple[int, int]]:
    """Columns of reference and test by measure."""
    if len(header) == 1:
        raise CACError(f"table {path} has a single column; separate columns by commas")
    for name in header:
        if name and header.count(name) > 1:
            raise CACError(f"table {path} has more than one column '{name}'; name each column once")
    pairs = {}
    for column, name in enumerate(header):
        measure, suffix = name[:-2], name[-2:]
        if measure and suffix in ("_a", "_b"):
            if len(measure) > _LONGEST_NAME:
                raise CACError(
                    f"table {path}: the name of column {column + 1}, '{name[:20]}…', has {len(name)} "
                    f"characters; shorten it to {_LONGEST_NAME}"
                )
            partner = f"{measure}_{'b' if suffix == '_a' else 'a'}"
            if partner not in header:
                raise CACError(f"table {path}: column '{name}' has no partner '{partner}'; add or rename it")
            if suffix == "_a":
                pairs[measure] = (column, header.index(partner))
    if not pairs:
        example = f"{AGATSTON}_a (reference) and {AGATSTON}_b (test)"
        raise CACError(f"table {path} has no two columns such as {example}; it has {', '.join(header)}")
    return pairs


def _number(path: Path, line: int, column: str, cell: str) -> float:
    """Read a cell; NaN where it is empty."""
    text = cell.strip()
    if text.lower() in _MISSING:
        return math.nan
    try:
        value = float(text)
    except ValueError:
        value = math.inf
    if not math.isfinite(value):
        raise CACError(
            f"table {path}, line {line}, column '{column}' holds no number; write it with a decimal point "
            "or leave the cell empty"
        )
    if abs(value) > LARGEST_READING:
        raise CACError(
            f"table {path}, line {line}, column '{column}' holds {value:g}; "
            f"no reading exceeds {LARGEST_READING:g}"
        )
    if value < 0 and column[:-2].lower() == AGATSTON:
        raise CACError(f"table {path}, line {line}, column '{column}': an Agatston score cannot be {text}")
    return value
