"""SQLAlchemy is needed by projects alone, and asked for in one sentence."""

from __future__ import annotations

import subprocess
import sys

import pytest

WITHOUT = """
import importlib.util
find = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if name == "sqlalchemy" else find(name, *rest)
"""
RUN = "from CACScoringLib.commands.app import main; main()"


def python(code: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_command_and_actions_do_without_it() -> None:
    done = python(
        "import sys; from CACScoringLib.commands.app import make_app; make_app();"
        "import CACAnnotationLib.store.actions, CACAnnotationLib.store.slice_status;"
        "print('sqlalchemy' in sys.modules)"
    )
    assert done.stdout == "False\n", done.stderr


@pytest.mark.parametrize("command", [("init", "study"), ("status", "study")])
def test_without_it_a_sentence_says_what_to_install(command: tuple[str, ...]) -> None:
    done = python(WITHOUT + RUN, "project", *command)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "Error: projects need SQLAlchemy; install it with: pip install 'coronary-calcium[annotate]'\n"
    )
