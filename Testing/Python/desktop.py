"""A screen of its own for each test process."""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess

import pytest

_SCREEN = "1920x1200x24"
_PR_SET_PDEATHSIG = 1


def _die_with_parent() -> None:
    """End this process with the one that started it, however that ends."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def start_display() -> str:
    """Start Xvfb on a free display and make it this process's, until the process ends.

    Returns
    -------
    str
        The display, such as ``:7``.
    """
    for module in ("PySide6.QtWidgets", "slicer", "trame_slicer"):
        pytest.importorskip(module, exc_type=ImportError)
    xvfb = shutil.which("Xvfb")
    if xvfb is None:
        pytest.skip("Xvfb is not installed (Debian's xvfb)")
    read, write = os.pipe()
    command = [xvfb, "-displayfd", str(write), "-screen", "0", _SCREEN, "-nolisten", "tcp"]
    # Qt and VTK keep their connections to the end: a screen that went first would take the process along.
    subprocess.Popen(
        command,
        pass_fds=[write],
        preexec_fn=_die_with_parent,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(write)
    with os.fdopen(read) as pipe:
        number = pipe.readline().strip()
    if not number:
        pytest.skip("Xvfb does not start")
    os.environ["DISPLAY"] = f":{number}"
    os.environ["QT_QPA_PLATFORM"] = "xcb"
    return os.environ["DISPLAY"]
