"""The wheel and the source distribution hold both libraries and their resources."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

pytest.importorskip("hatchling")

REPOSITORY = Path(__file__).parents[2]


def build(source: Path, target: str, folder: Path) -> Path:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", target, "--directory", str(folder)],
        cwd=source, check=True, capture_output=True,
    )  # fmt: skip
    (built,) = folder.iterdir()
    return built


@pytest.fixture(scope="module")
def source_archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(REPOSITORY, "sdist", tmp_path_factory.mktemp("sdist"))


@pytest.fixture(scope="module")
def wheel_names(source_archive: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, set[str]]:
    # made from the source distribution, as pip does where there is no wheel
    unpacked = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(source_archive) as archive:
        archive.extractall(unpacked, filter="data")
    (root,) = unpacked.iterdir()
    wheel = build(root, "wheel", tmp_path_factory.mktemp("wheel"))
    with zipfile.ZipFile(wheel) as archive:
        return wheel, set(archive.namelist())


def files_below(folder: Path) -> set[str]:
    files = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return {path.as_posix() for path in files if "__pycache__" not in path.parts}


def test_wheel_holds_every_file_of_both_libraries(wheel_names: tuple[Path, set[str]]) -> None:
    for module in ("CACScoring", "CACAnnotation"):
        library = f"{module}Lib"
        expected = {f"{library}/{name}" for name in files_below(REPOSITORY / module / library)}
        assert expected
        assert expected <= wheel_names[1]


def test_wheel_holds_the_resources_but_no_pictures(wheel_names: tuple[Path, set[str]]) -> None:
    in_wheel = {name for name in wheel_names[1] if name.startswith("CACScoringLib/Resources/")}

    assert in_wheel == {"CACScoringLib/Resources/pyproject.toml"} | {
        f"CACScoringLib/Resources/{name}"
        for name in files_below(REPOSITORY / "Resources")
        if not name.startswith(("Icons/", "Pictures/", "Screenshots/"))
    }


def test_library_in_the_wheel_finds_its_resources(wheel_names: tuple[Path, set[str]], tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel_names[0]) as archive:
        archive.extractall(tmp_path)
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r});"
        "from CACScoringLib.resources import resource_path as path;"
        "from CACScoringLib.requirements import requirement;"
        "assert requirement('Jinja2').startswith('jinja2>=');"
        "print(path('LabelSchemes/arteries.json').is_file(), path(''))"
    )

    run = subprocess.run([sys.executable, "-I", "-c", code], text=True, capture_output=True, check=True)

    assert run.stdout.split(maxsplit=1) == ["True", f"{tmp_path / 'CACScoringLib/Resources'}\n"]
