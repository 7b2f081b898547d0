"""What the panels ask of packages comes from pyproject.toml."""

from __future__ import annotations

import pytest
from CACScoringLib import requirements
from CACScoringLib.requirements import is_installed, requirement


def test_bounds_are_those_of_the_project():
    assert requirement("matplotlib").startswith("matplotlib>=")
    assert requirement("SQLAlchemy") == requirement("sqlalchemy")
    # without the marker that pip evaluates and Slicer's helper splits at spaces
    assert ";" not in requirement("openvino")
    with pytest.raises(KeyError):
        requirement("left-pad")


@pytest.mark.parametrize(
    ("installed", "enough"),
    [("3.8", True), ("3.8.0", True), ("3.10.9", True), ("3.8.0rc1", True), ("3.7.9", False), ("2", False)],
)
def test_versions_are_compared_by_number(monkeypatch, installed, enough):
    monkeypatch.setattr(requirements, "version", lambda package: installed)
    monkeypatch.setattr(requirements, "requirement", lambda package: "matplotlib>=3.8")
    assert is_installed("matplotlib") == enough


def test_absent_packages(monkeypatch):
    assert is_installed("numpy")
    monkeypatch.setattr(requirements, "requirement", lambda package: "no-such-package>=1")
    assert not is_installed("no-such-package")
