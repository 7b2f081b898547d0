"""Python packages that Slicer does not bring, installed at first use: asked first, with progress shown."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from subprocess import CalledProcessError

import slicer
import slicer.util
from slicer.i18n import tr as _

from ..requirements import is_installed, requirement

_REQUESTER = "CoronaryCalcium"


def ensure_packages(purpose: str, packages: Sequence[str]) -> bool:
    """See to it that packages of the project can be imported.

    What is missing is installed by Slicer's own helper, as the project's ``pyproject.toml`` asks for it, once
    the user agrees. Nothing is said where nothing is missing.

    Parameters
    ----------
    purpose
        What needs them, as a sentence begins: ``_("Making a report")``.
    packages
        Names as on PyPI: ``("matplotlib", "jinja2")``. For PyTorch see :func:`ensure_torch`.

    Returns
    -------
    Whether all are installed now. If not, the user knows why: they declined, or the reason was shown.
    """
    missing = [package for package in packages if not _is_there(package)]
    if not missing:
        return True
    wanted = [requirement(package) for package in missing]
    return _agreed(purpose, wanted) and _install(wanted) and all(_is_there(each) for each in missing)


def ensure_torch(purpose: str) -> bool:
    """See to it that PyTorch can be imported; the PyTorch extension chooses the build for this computer.

    Parameters and result as for :func:`ensure_packages`.
    """
    if _is_there("torch"):
        return True
    try:
        import PyTorchUtils
    except ImportError:
        slicer.util.errorDisplay(
            _(
                "{purpose} needs PyTorch. Install the extension 'PyTorch' in Slicer's Extensions Manager, "
                "restart Slicer and try again. Everything else works without it."
            ).format(purpose=purpose),
            windowTitle=_REQUESTER,
        )
        return False
    bound = requirement("torch").removeprefix("torch")
    if not _agreed(purpose, [requirement("torch")]):
        return False
    try:
        with slicer.util.WaitCursor():
            # Asked above, where the purpose is said as well.
            PyTorchUtils.PyTorchUtilsLogic().installTorch(
                askConfirmation=False, torchVersionRequirement=bound
            )
    except Exception as error:  # the extension passes on whatever pip and its helpers raise
        _say_failed("PyTorch", error)
        return False
    return _is_there("torch")


def _is_there(package: str) -> bool:
    """Tell whether a package is installed, recent enough for the project."""
    try:
        from slicer.packaging import pip_check
    except ImportError:  # Slicer 5.10
        return is_installed(package)
    return pip_check(requirement(package))


def _agreed(purpose: str, wanted: list[str]) -> bool:
    """Ask the user; nothing is ever installed while Slicer runs its tests."""
    if slicer.app.testingEnabled():
        logging.info("Testing: not installing %s", ", ".join(wanted))
        return False
    return slicer.util.confirmOkCancelDisplay(
        _(
            "{purpose} needs {packages}. Download and install this into Slicer's Python now? It takes a "
            "minute or more and needs the Internet."
        ).format(packages=", ".join(wanted), purpose=purpose),
        windowTitle=_REQUESTER,
    )


def _install(wanted: list[str]) -> bool:
    """Install packages; False if that failed, which the user was told."""
    try:
        from slicer.packaging import pip_ensure
    except ImportError:
        return _install_without_progress(wanted)
    try:
        # It shows pip's log as it grows and, if it fails, says so itself.
        pip_ensure(wanted, prompt_install=False, requester=_REQUESTER)
    except (CalledProcessError, RuntimeError) as error:
        logging.error("%s", error)
        return False
    return True


def _install_without_progress(wanted: list[str]) -> bool:
    """Install packages by the helper of Slicer 5.10, which shows nothing while it works."""
    slicer.util.showStatusMessage(_("Installing {packages}…").format(packages=", ".join(wanted)))
    slicer.app.processEvents()
    try:
        with slicer.util.WaitCursor():
            slicer.util.pip_install(wanted)
    except (CalledProcessError, OSError) as error:
        _say_failed(", ".join(wanted), error)
        return False
    finally:
        slicer.util.showStatusMessage("", 1)
    return True


def _say_failed(packages: str, error: Exception) -> None:
    slicer.util.errorDisplay(
        _(
            "{packages} could not be installed; is there a connection to the Internet? Nothing was lost."
        ).format(packages=packages),
        windowTitle=_REQUESTER,
        detailedText=str(error),
    )
