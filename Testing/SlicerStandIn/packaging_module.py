"""``slicer.packaging``: asks as Slicer does, and records what would have been installed."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any

import slicer


class Packages:
    """What is installed, as far as the stand-in tells, and what pip was asked for.

    A test names in ``missing`` what is to be found absent; ``installed`` holds what was then asked for.
    ``failure`` is raised by the next installation.
    """

    def __init__(self) -> None:
        self.missing: set[str] = set()
        self.installed: list[str] = []
        self.failure: Exception | None = None

    def clear(self) -> None:
        """Begin anew."""
        self.missing.clear()
        self.installed.clear()
        self.failure = None

    def check(self, requirement: str) -> bool:
        """Tell whether a requirement is met."""
        from packaging.requirements import Requirement

        asked = Requirement(str(requirement))
        if asked.name in self.missing or (asked.marker is not None and not asked.marker.evaluate()):
            return asked.name not in self.missing
        try:
            return asked.specifier.contains(metadata.version(asked.name), prereleases=True)
        except metadata.PackageNotFoundError:
            return False

    def install(self, requirements: Any) -> None:
        """Record an installation; from then on the packages are found."""
        if self.failure is not None:
            failure, self.failure = self.failure, None
            raise failure
        asked = (
            requirements.split() if isinstance(requirements, str) else [str(each) for each in requirements]
        )
        self.installed += asked
        self.missing -= {_name(each) for each in asked}


packages = Packages()


def _name(requirement: str) -> str:
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        return Requirement(requirement).name
    except InvalidRequirement:
        return requirement


def _as_list(requirements: Any) -> list[str]:
    if isinstance(requirements, str):
        return requirements.split()
    return [str(each) for each in (requirements if isinstance(requirements, list) else [requirements])]


def pip_check(req: Any) -> bool:
    """Tell whether one requirement or all of several are met."""
    return all(packages.check(each) for each in _as_list(req))


def pip_install(
    requirements: Any,
    constraints: str | Path | None = None,
    no_deps_requirements: Any = None,
    skip_packages: list[str] | None = None,
    blocking: bool = True,
    show_progress: bool = True,
    requester: str | None = None,
    logCallback: Any = None,
    completedCallback: Any = None,
) -> list[str] | None:
    """Record an installation."""
    packages.install(_as_list(requirements))
    if not blocking and completedCallback is not None:
        completedCallback(0)
    return [] if skip_packages else None


def pip_ensure(
    requirements: Any,
    constraints: str | Path | None = None,
    skip_packages: list[str] | None = None,
    prompt_install: bool = True,
    prompt_restart: bool = True,
    requester: str | None = None,
    skip_in_testing: bool = True,
    show_progress: bool = True,
) -> list[str] | None:
    """Ask for consent and install what is missing; RuntimeError where the user declines."""
    missing = [each for each in _as_list(requirements) if not pip_check(each)]
    if not missing or (skip_in_testing and slicer.app.testingEnabled()):
        return None
    if prompt_install:
        question = f"{len(missing)} Python packages need to be installed. Continue?"
        title = f"{requester or 'Slicer'} - Install Python Packages"
        if not slicer.util.confirmOkCancelDisplay(question, title, detailedText="\n".join(missing)):
            raise RuntimeError("User declined package installation")
    return pip_install(missing, constraints=constraints, skip_packages=skip_packages, requester=requester)


def pip_uninstall(requirements: Any, blocking: bool = True, **_callbacks: Any) -> None:
    """Take packages away."""
    packages.missing |= {_name(each) for each in _as_list(requirements)}


def load_requirements(path: str | Path) -> list:
    """Read the requirements of a file."""
    from packaging.requirements import Requirement

    lines = (each.partition("#")[0].strip() for each in Path(path).read_text(encoding="utf-8").splitlines())
    return [Requirement(each) for each in lines if each]


def isPipInstallInProgress() -> bool:
    """Tell whether pip runs."""
    return False


def make_packaging() -> ModuleType:
    """Make the module ``slicer.packaging``."""
    module = ModuleType("slicer.packaging")
    functions = (pip_check, pip_ensure, pip_install, pip_uninstall, load_requirements, isPipInstallInProgress)
    module.__dict__.update({each.__name__: each for each in functions})
    return module
