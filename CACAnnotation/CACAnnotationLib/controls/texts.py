"""Sentences of the workplace about a session."""

from __future__ import annotations

from typing import Any

from ..session.session import AnnotationSession
from ..store.slice_status import IN_WORK, SIGNED_OFF, SliceStatus
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


def round_text(status: dict[str, Any], session: AnnotationSession) -> str:
    """Say how far the reader is with the round: slices signed off in all scans of the project.

    ``status`` is what :func:`~CACAnnotationLib.project.status.project_status` says.
    """
    reading = session.desk.reading
    signed_off = sum(
        each["signed_off"]
        for scan in status["scans"]
        for each in scan["readings"]
        if (each["reader"], each["round"]) == (reading.reader, reading.round)
    )
    return _("Round {round}: {signed_off} of {slices} slices signed off by {reader}").format(
        round=reading.round,
        signed_off=signed_off,
        slices=status["total"]["slices"],
        reader=reading.reader,
    )


def project_text(status: dict[str, Any]) -> str:
    """Say how far the project is, by all its readers; ``status`` as for :func:`round_text`."""
    total = status["total"]
    return _("Project: {signed_off} of {slices} slices of {scans} scans signed off, {time}").format(
        signed_off=total["signed_off"],
        slices=total["slices"],
        scans=total["scans"],
        time=duration_text(total["seconds"]),
    )
