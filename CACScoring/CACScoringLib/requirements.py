"""What this project asks of Python packages: read from ``pyproject.toml``, for bounds stand nowhere else."""

from __future__ import annotations

import importlib
import re
import sys
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from .resources import resource_path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_CHECKOUT = Path(__file__).parents[2] / "pyproject.toml"


def requirement(package: str) -> str:
    """Return what is asked of a package, as pip takes it.

    Examples
    --------
    >>> requirement("jinja2")
    'jinja2>=3.1'

    Raises
    ------
    KeyError
        If the project asks for no such package.
    """
    return _requirements()[_key(package)]


def is_installed(package: str) -> bool:
    """Tell whether a package of the project is installed, recent enough for it."""
    # A package that was installed a moment ago may not be seen yet.
    importlib.invalidate_caches()
    try:
        installed = version(package)
    except PackageNotFoundError:
        return False
    _, _, lowest = requirement(package).partition(">=")
    return _numbers(installed) >= _numbers(lowest)


@cache
def _requirements() -> dict[str, str]:
    """Requirements by package; markers, which are all about Python's version, are left out."""
    installed = resource_path("pyproject.toml")
    path = installed if installed.is_file() else _CHECKOUT
    project = tomllib.loads(path.read_text(encoding="utf-8"))["project"]
    lists = [project["dependencies"], *project["optional-dependencies"].values()]
    texts = [text.partition(";")[0].strip() for each in lists for text in each]
    return {_key(re.split(r"[\[><=~! ]", text, maxsplit=1)[0]): text for text in texts}


def _key(package: str) -> str:
    return package.lower().replace("_", "-")


def _numbers(text: str) -> tuple[int, ...]:
    """Leading numbers of a version: (2, 4) of ``2.4`` and (2, 4, 0) of ``2.4.0rc1,<3``."""
    first = text.partition(",")[0]
    return tuple(int(each) for each in re.findall(r"^\d+|(?<=\.)\d+", re.split(r"[a-zA-Z+]", first)[0]))
