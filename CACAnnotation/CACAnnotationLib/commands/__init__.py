"""Commands that make labels, and models of them."""

import typer


def register(app: typer.Typer) -> None:
    """Add this library's commands to ``cac``."""
    from .annotate import annotate
    from .effort import effort
    from .export import export
    from .import_labels import import_command
    from .label import label
    from .project import app as project_app
    from .queue import app as queue_app
    from .rank import rank
    from .round import round_command
    from .simulate import simulate
    from .train import train

    for command in (annotate, label, train, rank, simulate, effort, export):
        app.command(command.__name__)(command)
    app.command("import")(import_command)
    app.command("round")(round_command)
    app.add_typer(project_app, name="project")
    app.add_typer(queue_app, name="queue")
