"""Packages that Slicer lacks: asked for with their purpose, installed by Slicer's helper, never in tests."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from subprocess import CalledProcessError
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from SlicerStandIn import StandIn

MODULE = Path(__file__).parents[2] / "CACScoring" / "CACScoring.py"
PACKAGES = ("jinja2", "matplotlib")


@pytest.fixture(scope="module")
def running(display: str) -> Iterator[StandIn]:
    from SlicerStandIn import start

    stand_in = start(MODULE)
    yield stand_in
    stand_in.stop()


@pytest.fixture
def slicer_window(running: StandIn) -> Iterator[StandIn]:
    running.dialogs.clear()
    running.packages.clear()
    yield running
    running.packages.clear()


def test_nothing_is_said_where_nothing_is_missing(slicer_window):
    from CACScoringLib.panel.packages import ensure_packages, ensure_torch

    assert ensure_packages("Making a report", PACKAGES)
    assert ensure_torch("Running the model")
    assert slicer_window.dialogs.shown == []


def test_what_is_missing_is_installed_with_consent(slicer_window):
    from CACScoringLib.panel.packages import ensure_packages

    slicer_window.packages.missing.add("matplotlib")
    slicer_window.dialogs.answer(False)
    assert not ensure_packages("Making a report", PACKAGES)
    assert slicer_window.packages.installed == []
    assert ensure_packages("Making a report", PACKAGES)
    assert [each.split(">=")[0] for each in slicer_window.packages.installed] == ["matplotlib"]
    first, second = slicer_window.dialogs.texts("question")
    assert first == second
    assert first.startswith("Making a report needs matplotlib>=3")


def test_failure_is_no_traceback(slicer_window):
    from CACScoringLib.panel.packages import ensure_packages

    slicer_window.packages.missing.add("matplotlib")
    slicer_window.packages.failure = CalledProcessError(1, "pip")
    assert not ensure_packages("Making a report", PACKAGES)


def test_older_slicer_installs_too(slicer_window, monkeypatch):
    import slicer
    from CACScoringLib.panel import packages

    # Slicer 5.10 has no module for packages, only a function of slicer.util.
    monkeypatch.setitem(sys.modules, "slicer.packaging", None)
    there = {"jinja2"}
    monkeypatch.setattr(packages, "is_installed", lambda package: package in there)
    asked = []
    monkeypatch.setattr(
        slicer.util, "pip_install", lambda wanted: asked.append(wanted) or there.add("matplotlib")
    )
    assert packages.ensure_packages("Making a report", PACKAGES)
    assert [each.split(">=")[0] for each in asked[0]] == ["matplotlib"]
    there.clear()

    def fail(wanted):
        raise CalledProcessError(1, "pip")

    monkeypatch.setattr(slicer.util, "pip_install", fail)
    assert not packages.ensure_packages("Making a report", PACKAGES)
    assert "could not be installed" in slicer_window.dialogs.texts("error")[0]


def test_torch_comes_by_its_extension(slicer_window, monkeypatch):
    from CACScoringLib.panel.packages import ensure_torch

    slicer_window.packages.missing.add("torch")
    monkeypatch.setitem(sys.modules, "PyTorchUtils", None)
    assert not ensure_torch("Running the model")
    assert "Extensions Manager" in slicer_window.dialogs.texts("error")[0]

    asked = []

    class Logic:
        def installTorch(self, askConfirmation, torchVersionRequirement):  # noqa: N802, N803
            asked.append((askConfirmation, torchVersionRequirement))
            slicer_window.packages.missing.clear()

    monkeypatch.setitem(sys.modules, "PyTorchUtils", SimpleNamespace(PyTorchUtilsLogic=Logic))
    slicer_window.dialogs.answer(False)
    assert not ensure_torch("Running the model")
    assert asked == []
    assert ensure_torch("Running the model")
    assert asked == [(False, ">=2.4")]


def test_nothing_is_installed_while_slicer_tests_itself(slicer_window, monkeypatch):
    from CACScoringLib.panel.packages import ensure_packages
    from SlicerStandIn.application import application

    monkeypatch.setattr(application(), "testing", True)
    slicer_window.packages.missing.add("matplotlib")
    assert not ensure_packages("Making a report", PACKAGES)
    assert slicer_window.packages.installed == []
