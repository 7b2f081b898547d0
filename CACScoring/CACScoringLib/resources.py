"""Where the files of ``Resources/`` lie, installed or in a checkout."""

from __future__ import annotations

from pathlib import Path

_INSTALLED = Path(__file__).parent / "Resources"
_CHECKOUT = Path(__file__).parents[2] / "Resources"


def resource_path(name: str) -> Path:
    """Return the path of a file in ``Resources/``.

    Slicer's build and the wheel put that folder inside the package; a checkout has it at its root.
    """
    return (_INSTALLED if _INSTALLED.is_dir() else _CHECKOUT) / name


def shipped_models() -> list[str]:
    """Names of the models that come with the package; finding them needs no PyTorch."""
    folder = resource_path("Models")
    if not folder.is_dir():
        return []
    return sorted(each.name for each in folder.iterdir() if (each / "config.json").is_file())
