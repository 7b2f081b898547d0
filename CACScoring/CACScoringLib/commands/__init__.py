"""The command line. Each module holds one command as a plain function; heavy imports wait until it runs."""

import typer


def register(app: typer.Typer) -> None:
    """Add this library's commands to ``cac``."""
    from .agree import agree
    from .compare import compare
    from .info import info
    from .model import app as model_app
    from .phantom import phantom
    from .predict import predict
    from .report import report
    from .score import score

    for command in (info, score, report, compare, agree, phantom, predict):
        app.command(command.__name__)(command)
    app.add_typer(model_app, name="model")
