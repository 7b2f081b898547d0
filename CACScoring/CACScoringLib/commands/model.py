"""``cac model``: import, list and show models."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..disclaimer import DISCLAIMER
from .options import JsonOption
from .output import echo_json

app = typer.Typer(
    help="Models: import the published weights, list what is shipped, show a model's card.",
    no_args_is_help=True,
)


@app.command("import")
def import_weights(
    weights: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="The weights file of MTAL's authors.", show_default=False),
    ],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder to be made.", show_default=False)],
) -> None:
    """Make a model of the weights file that the authors of MTAL publish.

    The file is opened safely: tensors are read from it, code never runs.
    """
    from ..model.configuration import NetworkConfig
    from ..model.published import published_card, read_published_weights
    from ..model.store import save_model

    network = read_published_weights(weights)
    save_model(out, network, NetworkConfig(), published_card(weights))
    parameters = sum(parameter.numel() for parameter in network.parameters())
    typer.echo(f"Model of {parameters:,} parameters in {out}; its card is {out / 'README.md'}")


@app.command("list")
def list_models(as_json: JsonOption = False) -> None:
    """List the models that are shipped."""
    from ..model.store import load_model
    from ..resources import shipped_models

    models = [load_model(name) for name in shipped_models()]
    if as_json:
        rows = [{"name": model.name, "network": model.config.as_document(), **model.card} for model in models]
        echo_json(rows)
        return
    if not models:
        typer.echo("No model is shipped; `cac model import` and `cac train` make one.")
        return

    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table("name", "network", "arteries", "what data it has seen")
    table.add_column("parameters", justify="right")
    for model in models:
        arteries = ", ".join(model.config.region_classes[1:])
        table.add_row(
            escape(model.name),
            model.config.kind,
            arteries,
            escape(str(model.card.get("data", ""))),
            f"{model.parameters:,}",
        )
    console = Console()
    console.print(table)
    console.print(f"{DISCLAIMER}.")


@app.command("show")
def show_model(
    name: Annotated[
        str, typer.Argument(metavar="NAME|DIR", help="A shipped model, or a folder.", show_default=False)
    ],
    as_json: JsonOption = False,
) -> None:
    """Show a model's card: what it is, what data it has seen, how it did."""
    from ..model.card import readable_card
    from ..model.store import load_model

    model = load_model(name)
    if as_json:
        document = {
            "name": model.name,
            "parameters": model.parameters,
            "network": model.config.as_document(),
            **model.card,
        }
        echo_json(document)
        return
    typer.echo(readable_card(model.name, model.config, model.card).rstrip("\n"))
    typer.echo(f"\n{model.parameters:,} parameters")
