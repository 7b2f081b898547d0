"""Rounds of the queue: so many slices each, some of them to be read twice."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
from CACScoringLib.errors import CACError
from sqlalchemy import Connection, func, insert, select
from sqlalchemy.exc import IntegrityError

from ..store.label_store import LabelStore
from ..store.plain_errors import plain_errors
from ..store.reading_rows import now_utc
from ..store.schema import QUEUE, ROUNDS
from .queued_slice import FIRST, INTER, INTRA, WAITING


class ChosenSlice(NamedTuple):
    """A slice that is to be labelled, with what it was ranked by and why it was chosen, in words."""

    series: str
    slice_index: int
    score: float
    reason: str


@dataclass(frozen=True)
class DoubleReading:
    """Which share of a round is read twice, blind.

    Parameters
    ----------
    kind
        ``"intra"`` by the same reader, ``"inter"`` by another one.
    share
        Share of the slices, 0 to 1; at least one slice.
    """

    kind: str
    share: float

    def __post_init__(self) -> None:
        if self.kind not in (INTRA, INTER):
            raise CACError(f"a second reading '{self.kind}' is neither {INTRA} nor {INTER}")
        if not 0 < self.share <= 1:
            raise CACError(f"{self.share:g} is no share of a round; it must be above 0 and at most 1")


class Round(NamedTuple):
    """A round of the queue.

    Parameters
    ----------
    number
        From 1.
    strategy, model
        How its slices were chosen, and by which model; empty where there was none.
    made
        When, in UTC.
    counts
        Number of slices by kind and status.
    """

    number: int
    strategy: str
    model: str
    made: datetime
    counts: dict[tuple[str, str], int]

    def number_of(self, *, kinds: Sequence[str] = (FIRST,), statuses: Sequence[str] | None = None) -> int:
        """Return how many slices of some kinds have some status, any unless given."""
        return sum(
            count
            for (kind, status), count in self.counts.items()
            if kind in kinds and (statuses is None or status in statuses)
        )


def start_round(
    store: LabelStore,
    slices: Iterable[ChosenSlice],
    *,
    strategy: str,
    model: str = "",
    double: DoubleReading | None = None,
) -> int:
    """Put slices into the queue, in their order, as one round; all of them or none.

    Which slices are read twice is drawn at random, seeded with the number of the round.

    Returns
    -------
    Number of the round.

    Raises
    ------
    CACError
        If there are no slices, a slice waits in the queue already, or the store cannot be written.
    """
    chosen = list(slices)
    if not chosen:
        raise CACError("a round needs slices, and there are none to choose from")
    with plain_errors(store.place):
        while (number := _try_to_start(store, chosen, strategy, model, double)) is None:
            # Somebody else has started a round at the same moment, and this one comes after it.
            pass
    return number


def _try_to_start(
    store: LabelStore, chosen: Sequence[ChosenSlice], strategy: str, model: str, double: DoubleReading | None
) -> int | None:
    """Return the number of the round, None if another process has taken it meanwhile."""
    with store.engine.begin() as connection:
        number = 1 + (connection.execute(select(func.max(ROUNDS.c.number))).scalar() or 0)
        # The first statement that writes: whoever starts a round at the same moment waits here.
        try:
            connection.execute(
                insert(ROUNDS).values(number=number, strategy=strategy, model=model, made=now_utc())
            )
        except IntegrityError:
            connection.rollback()
            return None
        _refuse_queued(connection, chosen)
        rows = [_row(number, place, each, FIRST) for place, each in enumerate(chosen, start=1)]
        if double is not None:
            twice = max(round(double.share * len(chosen)), 1)
            drawn = np.random.default_rng(number).permutation(len(chosen))[:twice]
            rows += [_row(number, index + 1, chosen[index], double.kind) for index in sorted(drawn.tolist())]
        connection.execute(insert(QUEUE), rows)
    return number


def rounds_of(store: LabelStore) -> list[Round]:
    """Return all rounds, with the number of their slices by kind and status."""
    columns = QUEUE.c
    counts: dict[int, dict[tuple[str, str], int]] = {}
    with plain_errors(store.place), store.engine.connect() as connection:
        for number, kind, status, count in connection.execute(
            # In the order of an index, which then is all that is read.
            select(columns.round, columns.kind, columns.status, func.count()).group_by(
                columns.status, columns.kind, columns.round
            )
        ):
            counts.setdefault(number, {})[kind, status] = count
        found = connection.execute(select(ROUNDS).order_by(ROUNDS.c.number)).all()
    return [Round(row.number, row.strategy, row.model, row.made, counts.get(row.number, {})) for row in found]


def queued_slices(store: LabelStore, series: Sequence[str]) -> dict[str, set[int]]:
    """Return the slices of some series that are or were in the queue, by series."""
    columns, found = QUEUE.c, dict[str, set[int]]()
    query = select(columns.series, columns.slice_index).where(columns.series.in_(series))
    with plain_errors(store.place), store.engine.connect() as connection:
        for one, slice_index in connection.execute(query):
            found.setdefault(one, set()).add(slice_index)
    return found


def round_of_slices(store: LabelStore, slices: Sequence[ChosenSlice]) -> int | None:
    """Return the round of the queue that has just these slices; None if there is none."""
    columns = QUEUE.c
    wanted = {(each.series, each.slice_index) for each in slices}
    first = slices[0]
    this = columns.series == first.series, columns.slice_index == first.slice_index, columns.kind == FIRST
    with plain_errors(store.place), store.engine.connect() as connection:
        number = connection.execute(select(columns.round).where(*this)).scalar()
        found = connection.execute(
            select(columns.series, columns.slice_index).where(columns.round == number, columns.kind == FIRST)
        )
        return number if {(series, index) for series, index in found} == wanted else None


def _row(number: int, place: int, chosen: ChosenSlice, kind: str) -> dict[str, Any]:
    entry = {"round": number, "place": place, "kind": kind, "status": WAITING, "skips": 0, "note": ""}
    return entry | chosen._asdict()


def _refuse_queued(connection: Connection, chosen: Sequence[ChosenSlice]) -> None:
    """A slice is read for the first time once: it stands in one round only."""
    columns = QUEUE.c
    wanted, rest = set(), iter(chosen)
    for each in chosen:
        if (each.series, each.slice_index) in wanted:
            raise CACError(f"slice {each.slice_index + 1} of scan {each.series} is chosen twice")
        wanted.add((each.series, each.slice_index))
    while batch := list(islice(rest, 500)):
        found = connection.execute(
            select(columns.series, columns.slice_index, columns.round).where(
                columns.kind == FIRST, columns.series.in_({each.series for each in batch})
            )
        )
        for series, slice_index, number in found:
            if (series, slice_index) in wanted:
                raise CACError(
                    f"slice {slice_index + 1} of scan {series} is in round {number} of the queue already"
                )
