"""The Slicer extension configures, builds and installs, with a stand-in for Slicer's side of it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
MODULES = ("CACScoring", "CACAnnotation")
SCRIPTED_MODULES = "lib/Slicer-5.10/qt-scripted-modules"

CATALOGUE_KEYS = {  # slicer-extension-catalog-entry-schema-v1.0.2
    "$schema": str,
    "category": str,
    "scm_url": str,
    "scm_revision": str,
    "scm_type": str,
    "build_dependencies": list,
    "dicom_support_rule": str,
    "build_subdirectory": str,
    "enabled": bool,
    "tier": int,
}
CATALOGUE_REQUIRED = {"$schema", "category", "scm_url"}

needs_cmake = pytest.mark.skipif(shutil.which("cmake") is None, reason="cmake is not on the PATH")


class ExtensionBuild:
    """The extension configured in a folder, and what it told Slicer: ``calls[kind, name]``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        configured = cmake(
            "-S", REPOSITORY, "-B", folder, f"-DSlicer_DIR={REPOSITORY / 'Testing/CMake'}", *no_compiler()
        )  # fmt: skip
        assert configured.returncode == 0, configured.stdout
        self.calls: dict[tuple[str, str], list[str]] = defaultdict(list)
        for line in (folder / "slicer_calls.txt").read_text(encoding="utf-8").splitlines():
            kind, name, value = line.split("|", maxsplit=2)
            self.calls[kind, name].append(value)


def cmake(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = ["cmake", *map(str, arguments)]
    return subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)


def no_compiler() -> list[str]:
    # Slicer's build has compilers; a scripted extension needs none, so none is asked for here.
    nothing = shutil.which("true")
    return [
        f"-DCMAKE_{language}_COMPILER{suffix}"
        for language in ("C", "CXX")
        for suffix in (f"={nothing}", "_FORCED=ON", "_ID_RUN=ON")
    ]


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> ExtensionBuild:
    return ExtensionBuild(tmp_path_factory.mktemp("extension") / "build tree")


def library_files(module: str) -> set[str]:
    root = REPOSITORY / module
    files = (path for path in (root / f"{module}Lib").rglob("*") if path.is_file())
    return {path.relative_to(root).as_posix() for path in files if "__pycache__" not in path.parts}


@needs_cmake
@pytest.mark.parametrize("module", MODULES)
def test_every_file_of_a_module_is_listed(build: ExtensionBuild, module: str) -> None:
    scripts, resources = set(build.calls["SCRIPTS", module]), set(build.calls["RESOURCES", module])

    assert f"{module}.py" in scripts
    assert library_files(module) <= scripts | resources
    assert {path for path in scripts if not path.endswith(".py")} == set()
    assert f"Resources/Icons/{module}.png" in resources
    panels = {f"Resources/UI/{path.name}" for path in (REPOSITORY / module / "Resources/UI").glob("*.ui")}
    assert panels <= resources


@needs_cmake
def test_fields_of_the_extension_are_set(build: ExtensionBuild) -> None:
    fields = {name: values[0] for (kind, name), values in build.calls.items() if kind == "FIELD"}

    assert all(fields.values()), fields
    assert fields["EXTENSION_CATEGORY"] == "Cardiac"
    assert fields["EXTENSION_DEPENDS"] == "PyTorch"
    assert ("CPACK", "") in build.calls
    for address in (fields["EXTENSION_ICONURL"], *fields["EXTENSION_SCREENSHOTURLS"].split()):
        in_repository = address.split("/main/", maxsplit=1)[1]
        assert (REPOSITORY / in_repository).is_file(), in_repository


@needs_cmake
def test_self_tests_of_both_modules_are_registered(build: ExtensionBuild) -> None:
    scripts = [Path(script).relative_to(REPOSITORY).as_posix() for script in build.calls["UNITTEST", ""]]

    assert sorted(scripts) == sorted(f"{module}/{module}.py" for module in MODULES)


@needs_cmake
def test_installed_library_finds_its_resources(build: ExtensionBuild, tmp_path: Path) -> None:
    built = cmake("--build", build.folder)
    assert built.returncode == 0, built.stdout
    installed = cmake("--install", build.folder, "--prefix", tmp_path)
    assert installed.returncode == 0, installed.stdout

    code = (
        "from CACScoringLib.resources import resource_path; from CACScoringLib.schemes import label_scheme;"
        "from CACScoringLib.requirements import requirement; assert '>=' in requirement('torch');"
        "import CACAnnotationLib; print(label_scheme().names, resource_path(''))"
    )
    where = tmp_path / SCRIPTED_MODULES
    run = subprocess.run(
        [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(where)!r}); {code}"],
        text=True, capture_output=True, check=False,
    )  # fmt: skip

    assert run.returncode == 0, run.stderr
    assert str(where / "CACScoringLib/Resources") in run.stdout
    assert "LAD" in run.stdout


def test_catalogue_entry_follows_the_schema() -> None:
    entry = json.loads((REPOSITORY / "CoronaryCalcium.json").read_text(encoding="utf-8"))

    assert entry.keys() >= CATALOGUE_REQUIRED
    for key, value in entry.items():
        assert isinstance(value, CATALOGUE_KEYS[key]), key
    assert entry["category"] == "Cardiac"
    assert entry["build_dependencies"] == ["PyTorch"]
    assert 1 <= entry["tier"] <= 5
