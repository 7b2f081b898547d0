"""Commands that make labels."""

import typer


def register(app: typer.Typer) -> None:
    """Add this library's commands to ``cac``."""
    from .label import label

    app.command("label")(label)
