"""``cac`` as a user runs it, in this process."""

from __future__ import annotations

from CACScoringLib.commands.app import make_app
from typer.testing import CliRunner, Result


def run_cac(*arguments: object, code: int = 0) -> Result:
    """Run ``cac`` and check its exit code."""
    result = CliRunner().invoke(make_app(), [str(argument) for argument in arguments])
    assert result.exit_code == code, result.output
    return result
