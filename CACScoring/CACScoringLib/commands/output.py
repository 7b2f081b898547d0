"""What all commands print alike."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import typer

from ..errors import CACError


def refuse_to_replace(out: Path, *inputs: Path | None) -> None:
    """Raise a :class:`CACError` if a file to be written is one of those that are read."""
    for each in inputs:
        if each is not None and out.exists() and each.exists() and out.samefile(each):
            raise CACError(f"{out} is read by this command and would be replaced; name another file to write")


def echo_json(document: Any) -> None:
    """Print a document as JSON that every reader accepts: unknown figures are null, never NaN."""
    typer.echo(json.dumps(document, indent=2, allow_nan=False))
