"""Sentences about the queue and the slice of it that is in hand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from CACScoringLib.schemes import UNLABELLED, label_scheme

from ..queueing.differences import TwoReadings
from ..queueing.queued_slice import FIRST, INTER, INTRA, SETTLE, QueuedSlice
from ..queueing.rounds import Round
from .words import _


def entry_lines(entry: QueuedSlice, rounds: Sequence[Round], readings: TwoReadings | None) -> list[str]:
    """Say which slice is in hand, why it was chosen, and who it is for.

    Of a second reading nothing is said but that it is one: it is blind.

    Parameters
    ----------
    entry
        The slice.
    rounds
        Rounds of its queue.
    readings
        The two readings between which it is to settle; None where it is no such slice.
    """
    of = next((each.number_of() for each in rounds if each.number == entry.round), 0)
    if entry.kind in (INTRA, INTER):
        lines = [_("Round {round}: a second reading, blind").format(round=entry.round)]
    elif entry.kind == SETTLE:
        lines = [_("Round {round}: two readings differ, settle it").format(round=entry.round)]
        lines += [] if readings is None else difference_lines(readings)
    else:
        rank = _("Round {round}, rank {rank} of {slices}: {reason}")
        lines = [rank.format(round=entry.round, rank=entry.place, slices=of, reason=entry.reason)]
    if entry.note:
        lines.append(_("flagged: {note}").format(note=entry.note))
    return lines


def difference_lines(readings: TwoReadings) -> list[str]:
    """Say who gave which labels where two readings differ, the largest difference first."""
    names = {label.value: label.name for label in label_scheme().labels} | {UNLABELLED: _("no label")}
    readers = [each.reader or "" for each in readings.entries]
    if readers[0] == readers[1]:
        readers = [_("{reader} first").format(reader=readers[0]), _("then").format(reader=readers[1])]
    lines = []
    for layer, differs, what in (
        ("cac", readings.calcium, _("voxels of calcium")),
        ("car", readings.regions, _("voxels of regions")),
    ):
        first, second = (each[layer][differs] for each in readings.layers)
        pairs, counts = np.unique(np.stack([first, second]), axis=1, return_counts=True)
        for place in np.argsort(-counts, kind="stable"):
            said = [
                f"{reader} {names[int(value)]}"
                for reader, value in zip(readers, pairs[:, place], strict=True)
            ]
            lines.append(f"{', '.join(said)}: {counts[place]} {what}")
    return lines


def round_choice_text(each: Round) -> str:
    """Say what a round of the queue is, in a list of such."""
    return _("round {round}: {strategy}, {done} of {slices} done").format(
        round=each.number,
        strategy=each.strategy,
        done=each.number_of(statuses=("done",)),
        slices=each.number_of(kinds=(FIRST,)),
    )
