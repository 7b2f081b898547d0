"""What the workbench needs beyond the rest of the program."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec

from CACScoringLib.errors import CACError

# Without libraries to draw with, making a view ends the process instead of raising an exception.
_PROBE = """
import vtkmodules.vtkRenderingOpenGL2
from vtkmodules.vtkRenderingCore import vtkRenderWindow
window = vtkRenderWindow()
window.ShowWindowOff()
window.SetOffScreenRendering(1)
window.Render()
"""


def check_needs() -> None:
    """Look whether Slicer core is there and can draw.

    Raises
    ------
    CACError
        If not; it says what to install.
    """
    if find_spec("trame_slicer") is None:
        raise CACError(
            "the workbench needs Slicer core, which is not installed; install it with: "
            "pip install 'coronary-calcium[annotate,workbench]'"
        )
    if subprocess.run([sys.executable, "-c", _PROBE], capture_output=True, check=False).returncode:
        raise CACError(
            "nothing can be drawn here without a library for it; install one, on Debian or Ubuntu with: "
            "apt-get install libegl1 libgl1"
        )
