"""The command line. Each module holds one command as a plain function; heavy imports wait until it runs."""

import typer


def register(app: typer.Typer) -> None:
    """Add this library's commands to ``cac``."""
    from .agree import agree
    from .compare import compare
    from .info import info
    from .phantom import phantom
    from .report import report
    from .score import score

    for command in (info, score, report, compare, agree, phantom):
        app.command(command.__name__)(command)
