"""What all commands print alike."""

from __future__ import annotations

import json
from typing import Any

import typer


def echo_json(document: Any) -> None:
    """Print a document as JSON that every reader accepts: unknown figures are null, never NaN."""
    typer.echo(json.dumps(document, indent=2, allow_nan=False))
