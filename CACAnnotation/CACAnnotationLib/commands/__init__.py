"""Commands that make labels."""

import typer


def register(app: typer.Typer) -> None:
    """Add this library's commands to ``cac``."""
    from .label import label
    from .train import train

    for command in (label, train):
        app.command(command.__name__)(command)
