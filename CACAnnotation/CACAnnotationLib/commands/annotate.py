"""``cac annotate``: the workbench in a browser."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from CACScoringLib.disclaimer import DISCLAIMER


def annotate(
    path: Annotated[
        Path,
        typer.Argument(
            metavar="PATH",
            help="A project, a scan (DICOM folder, zip, file) or a folder of scans; for scans, a project is "
            "made beside them.",
            show_default=False,
        ),
    ],
    host: Annotated[
        str,
        typer.Option(
            metavar="ADDRESS",
            help="Address to listen on. Any but 127.0.0.1 needs --token, and a network you trust.",
        ),
    ] = "127.0.0.1",
    port: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=65535,
            help="Port to listen on, 0 for any that is free; 8780 if not given, or another one if that is "
            "taken.",
            show_default=False,
        ),
    ] = None,
    token: Annotated[
        str | None,
        typer.Option(
            metavar="TOKEN",
            envvar="CAC_TOKEN",
            help="What readers must enter before they begin.",
            show_default=False,
        ),
    ] = None,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open a browser where there is one.")
    ] = True,
) -> None:
    """Label and score scans of PATH in a browser, until Ctrl-C.

    Each browser has a process of its own, with real Slicer core; labels are kept in the project. Off this
    machine, put it behind a server that encrypts.
    """
    from ..workbench.needs import check_needs
    from ..workbench.serving.choice import ServingChoice

    choice = ServingChoice(host, port, token, browser)
    check_needs()
    from ..workbench.serving.run import serve
    from ..workbench.source import project_of

    project = project_of(path, typer.echo)
    typer.echo(f"{DISCLAIMER}.")
    serve(project.folder, choice, typer.echo)
