"""Work in a Python process of its own, so that Slicer stays alive.

A thread would not do: Slicer's event loop holds the interpreter's lock while it waits.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import qt

from ..processes import python_program

_LIBRARY = Path(__file__).parents[2]
_LOOK_EVERY_MS = 100


class BackgroundWork:
    """Runs ``python -m MODULE FILE ARGUMENTS``, where the file holds what the module works on, pickled.

    Parameters
    ----------
    finished
        Called with an empty text once the work is done, with a sentence if it failed.
    """

    def __init__(self, finished: Callable[[str], object]) -> None:
        self._finished = finished
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._timer = qt.QTimer()
        self._timer.setInterval(_LOOK_EVERY_MS)
        self._timer.connect("timeout()", self._look)

    @property
    def running(self) -> bool:
        """Whether something is under way."""
        return self._process is not None

    def start(self, module: str, work: Any, *arguments: str) -> None:
        """Begin; raises an ``OSError`` if there is no room or no Python."""
        self.stop()
        self._folder = tempfile.TemporaryDirectory(prefix="cac-")
        pickled, errors = Path(self._folder.name, "work"), Path(self._folder.name, "errors")
        try:
            pickled.write_bytes(pickle.dumps(work))
            with errors.open("wb") as file:
                self._process = subprocess.Popen(
                    [python_program(), "-m", module, str(pickled), *arguments],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=file,
                    env=_environment(),
                    # On Windows a console would flash up.
                    creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
                )
        except OSError:
            self.stop()
            raise
        self._timer.start()

    def stop(self) -> None:
        """End what is under way, whose ``finished`` is then not called."""
        self._timer.stop()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def _look(self) -> None:
        code = self._process.poll() if self._process is not None else None
        if code is None or self._folder is None:
            return
        said = Path(self._folder.name, "errors").read_text(encoding="utf-8", errors="replace").strip()
        self.stop()
        if code == 0:
            self._finished("")
        else:
            # The last line of a traceback says most; a sentence of ours is the only line.
            self._finished(said.splitlines()[-1] if said else f"the process ended with code {code}")


def _environment() -> dict[str, str]:
    paths = [str(_LIBRARY), *filter(None, [os.environ.get("PYTHONPATH")])]
    # Errors are read as UTF-8, which Windows does not write by itself.
    return os.environ | {"PYTHONPATH": os.pathsep.join(paths), "PYTHONUTF8": "1"}
