"""A module of these libraries run as a process of its own, talked to over its input and output."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path


def start_module(module: str, python: str) -> subprocess.Popen[str]:
    """Begin ``python -m MODULE`` with pipes to its input and from its output.

    Parameters
    ----------
    module
        Full name of the module.
    python
        Interpreter; 3D Slicer's own program is none, see :func:`~CACScoringLib.processes.python_program`.

    Raises
    ------
    OSError
        If there is no such program, or no room for another process.
    """
    return subprocess.Popen(
        [python, "-m", module],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        # A program with windows has no place for errors there that another could write to.
        stderr=subprocess.DEVNULL if os.name == "nt" else None,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONPATH": os.pathsep.join(_library_folders())},
        # On Windows a console would stand open as long as the process lives.
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )


def _library_folders() -> list[str]:
    """Folders that both libraries lie in: inside 3D Slicer they are no installed packages."""
    import CACScoringLib

    import CACAnnotationLib

    found = [Path(each.__file__ or "").parents[1] for each in (CACAnnotationLib, CACScoringLib)]
    return list(dict.fromkeys([*map(str, found), *filter(None, [os.environ.get("PYTHONPATH", "")])]))
