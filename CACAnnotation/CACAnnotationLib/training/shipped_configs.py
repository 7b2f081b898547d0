"""Configurations of training runs that come with the program."""

from __future__ import annotations

import difflib
from pathlib import Path

from CACScoringLib.errors import CACError
from CACScoringLib.resources import resource_path

_FOLDER = "TrainingConfigs"


def shipped_configs() -> list[str]:
    """Names of the configurations that come with the program."""
    return sorted(path.stem for path in resource_path(_FOLDER).glob("*.toml"))


def config_file(name_or_path: str) -> Path:
    """Return the file of a shipped configuration, or the file itself that the user names.

    Raises
    ------
    CACError
        If there is neither.
    """
    shipped = shipped_configs()
    if name_or_path in shipped:
        return resource_path(_FOLDER) / f"{name_or_path}.toml"
    if not Path(name_or_path).exists():
        nearest = difflib.get_close_matches(name_or_path, shipped, n=1)
        hint = f"did you mean '{nearest[0]}'?" if nearest else f"shipped are {', '.join(shipped)}"
        raise CACError(f"there is no configuration '{name_or_path}', neither shipped nor as a file; {hint}")
    return Path(name_or_path)
