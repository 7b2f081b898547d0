"""The command ``cac``: gathers the commands of both libraries and turns errors into sentences."""

from __future__ import annotations

import io
import os
import sys
import warnings
from importlib.metadata import entry_points
from typing import Any

import typer
from typer.core import TyperGroup

from ..disclaimer import DISCLAIMER
from ..errors import CACError, os_reason

ENTRY_POINTS = "coronary_calcium.commands"
"""Entry points of functions ``register(app)``; each library registers its commands with one."""


class CommandGroup(TyperGroup):
    """Prints errors that the user can act on as one sentence and exits with code 2."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command named on the command line."""
        try:
            return super().invoke(ctx)
        except CACError as error:
            typer.echo(f"Error: {error}", err=True)
            raise typer.Exit(2) from error
        except BrokenPipeError as error:
            # Whoever read the output has read enough; nothing more can be said there.
            sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115
            raise typer.Exit(1) from error
        except OSError as error:
            named = f"{error.filename}: " if error.filename else ""
            typer.echo(f"Error: {named}{os_reason(error)}", err=True)
            raise typer.Exit(2) from error


def make_app() -> typer.Typer:
    """Build the command with everything that the installed libraries register."""
    app = typer.Typer(
        cls=CommandGroup,
        help=f"Coronary calcium: label, score, compare. {DISCLAIMER}.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        add_completion=False,
    )
    for entry in sorted(entry_points(group=ENTRY_POINTS), key=lambda entry: entry.name):
        entry.load()(app)
    return app


def main() -> None:
    """Run ``cac``."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal or file that is not UTF-8 gets "?" for an arrow, not an error.
            stream.reconfigure(errors="replace")
    warnings.simplefilter("ignore")
    make_app()()
