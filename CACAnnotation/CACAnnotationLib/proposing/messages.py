"""Lines between a panel and the process that runs its model: one JSON object each."""

from __future__ import annotations

import json
from typing import IO, Any

from CACScoringLib.geometry import VolumeGeometry


def send(stream: IO[str], kind: str, **fields: Any) -> None:
    """Write a message and make sure that it leaves."""
    stream.write(json.dumps({"kind": kind, **fields}) + "\n")
    stream.flush()


def received(line: str) -> dict[str, Any]:
    """Read a message.

    Raises
    ------
    ValueError
        If the line is none.
    """
    message = json.loads(line)
    if not isinstance(message, dict) or "kind" not in message:
        raise ValueError("a line is no message")
    return message


def geometry_fields(geometry: VolumeGeometry) -> dict[str, Any]:
    """Return a geometry as JSON can hold it."""
    return {
        "size": geometry.size,
        "spacing_mm": geometry.spacing_mm,
        "origin_lps_mm": geometry.origin_lps_mm,
        "direction": geometry.direction,
    }


def geometry_of(fields: dict[str, Any]) -> VolumeGeometry:
    """Return the geometry of :func:`geometry_fields`."""
    size, spacing_mm, origin = (tuple(fields[name]) for name in ("size", "spacing_mm", "origin_lps_mm"))
    return VolumeGeometry(size, spacing_mm, origin, tuple(fields["direction"]))
