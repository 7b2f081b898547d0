"""Sentences of the workplace about a session."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..queueing.queued_slice import DONE
from ..queueing.rounds import Round
from ..queueing.summary import round_in_words
from ..session.session import AnnotationSession
from ..store.reading_kinds import ADJUDICATION, SECOND
from ..store.slice_status import IN_WORK, SIGNED_OFF, SliceStatus
from ..store.stored_reading import StoredReading
from .words import _


def score_text(session: AnnotationSession) -> str:
    """Say the score and what it is worth: a score is never shown without its state."""
    total, review = session.scores.total, session.review
    if not session.desk.layers["cac"].any() and not review.complete:
        return _("No score yet: {review}").format(review=review)
    score = f"{total.agatston:.1f}" if total.agatston else "0"
    return _("Agatston {score}: {review}").format(score=score, review=review)


def slice_text(session: AnnotationSession, slice_index: int) -> str:
    """Say which slice is shown, and where the reader stands with it."""
    status = session.slices.status(slice_index)
    slices = session.desk.scan.geometry.shape[0]
    waiting = session.calcium.unlabelled_lesions(slice_index)
    number = _("Slice {number} of {slices}").format(number=slice_index + 1, slices=slices)
    parts = [number, status_text(status)]
    if waiting and status.status != SIGNED_OFF:
        parts.append(_("candidates without a label: {count}").format(count=waiting))
    return " · ".join(parts)


def status_text(status: SliceStatus) -> str:
    """Say the status of a slice, with its note and the time spent on it."""
    said = _(status.status)
    if status.note:
        said += f" ({status.note})"
    if status.seconds >= 1 and status.status in (IN_WORK, SIGNED_OFF):
        said += f", {duration_text(status.seconds)}"
    return said


def duration_text(seconds: float) -> str:
    """Write a duration as readers say it."""
    minutes, rest = divmod(round(seconds), 60)
    return (
        _("{minutes} min {seconds:02d} s").format(minutes=minutes, seconds=rest) if minutes else f"{rest} s"
    )


def progress_text(session: AnnotationSession) -> str:
    """Say how far the reader is with the scan."""
    order = session.slices.order
    seconds = sum(each.seconds for each in session.desk.reading.slice_status)
    return _("Scan: {signed_off} of {slices} slices signed off, {time}").format(
        signed_off=order.signed_off, slices=len(order.order), time=duration_text(seconds)
    )


def round_text(rounds: Sequence[Round]) -> str:
    """Say how far the newest round of the queue is, and what older ones have left; empty without rounds.

    ``rounds`` is what :func:`~CACAnnotationLib.queueing.rounds.rounds_of` returns.
    """
    if not rounds:
        return ""
    older = sum(each.number_of() - each.number_of(statuses=(DONE,)) for each in rounds[:-1])
    said = round_in_words(rounds[-1])
    return said + (_("; {count} left of older rounds").format(count=older) if older else "")


def reading_text(reading: StoredReading) -> str:
    """Say how much of a reading is stored, whose it is, and of which kind: own, second, or adjudication."""
    kinds = {SECOND: _(", second reading"), ADJUDICATION: _(", settling differences")}
    return _("{count} actions of {reader} stored{kind}").format(
        count=len(reading.done), reader=reading.reader, kind=kinds.get(reading.round, "")
    )


def project_text(status: dict[str, Any]) -> str:
    """Say how far the project is, by all its readers.

    ``status`` is what :func:`~CACAnnotationLib.project.status.project_status` says.
    """
    total = status["total"]
    return _("Project: {signed_off} of {slices} slices of {scans} scans signed off, {time}").format(
        signed_off=total["signed_off"],
        slices=total["slices"],
        scans=total["scans"],
        time=duration_text(total["seconds"]),
    )
