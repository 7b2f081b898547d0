"""The workbench in a browser: Debian's Chromium without a window, driven by Playwright."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

from CACScoringLib.geometry import VolumeGeometry

CHROMIUM: dict[str, Any] = {
    "executable_path": "/usr/bin/chromium",
    # It is root's here, and looks up nothing outside.
    "args": [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
    ],
}
HAS_CHROMIUM = Path(CHROMIUM["executable_path"]).exists()


def wait_for_address(program: subprocess.Popen[str]) -> str:
    """Read where ``cac annotate`` listens from what it prints."""
    assert program.stdout is not None
    for line in program.stdout:
        if "http://" in line:
            return next(word for word in line.split() if word.startswith("http://"))
    raise RuntimeError(f"cac annotate ended with code {program.wait()}")


def xy_in_whole_view(
    box: dict[str, float], geometry: VolumeGeometry, ij: tuple[float, float]
) -> tuple[float, float]:
    """Place in the page of a column and row of an axial scan, in a view that is fitted to its whole field."""
    columns, rows, _ = geometry.size
    across_mm, down_mm, _ = geometry.spacing_mm
    pixels_per_mm = min(box["width"] / (columns * across_mm), box["height"] / (rows * down_mm))
    x = box["x"] + box["width"] / 2 + (ij[0] - (columns - 1) / 2) * across_mm * pixels_per_mm
    y = box["y"] + box["height"] / 2 + (ij[1] - (rows - 1) / 2) * down_mm * pixels_per_mm
    return x, y
