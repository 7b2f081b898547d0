"""The whole way once, on scans of people who do not exist (``make demo``).

A DICOM study is labelled from points, scored and reported; then a project of two scans opens in a browser.
"""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

DEMO = Path("demo")
STUDY = DEMO / "cohort" / "scan-0001"
PROJECT = DEMO / "project"
SCANS = 2
SEED = 7
"""Its first patient has calcium in all three arteries."""


def main() -> None:
    """Run the commands that a user would type, each shown before its output."""
    if not (DEMO / "cohort" / "cohort.csv").is_file():
        cac("phantom", DEMO / "cohort", "--scans", SCANS, "--seed", SEED, "--calcium")
    ct, labels = STUDY / "dicom", DEMO / "labels.seg.nrrd"
    cac("info", ct)
    cac("label", ct, "--points", STUDY / "points.mrk.json", "--out", labels, "--rest-is-other")
    cac("score", ct, "--labels", labels)
    cac("report", ct, "--labels", labels, "--out", DEMO / "report")
    print(f"\nThe report: {(DEMO / 'report' / 'report.html').resolve().as_uri()}")
    print(f"as PDF:     {DEMO / 'report' / 'report.pdf'}")
    if not (PROJECT / "project.toml").is_file():
        make_project()
        cac("model", "show", "demo")
    # Until Ctrl-C, which ends both.
    with suppress(KeyboardInterrupt):
        cac("annotate", PROJECT)


def make_project() -> None:
    """Make the project that the workbench opens, of scans by names that tell them apart."""
    for number in range(1, SCANS + 1):
        study = DEMO / "cohort" / f"scan-{number:04d}" / "dicom"
        shutil.copytree(study, DEMO / "scans" / f"synthetic scan {number}", dirs_exist_ok=True)
    cac("project", "init", PROJECT)
    cac("project", "add", PROJECT, DEMO / "scans")


def cac(*arguments: object) -> None:
    """Show and run one ``cac`` command; end with its exit code where it fails."""
    words = ["cac", *(str(argument) for argument in arguments)]
    print(f"\n$ {shlex.join(words)}", flush=True)
    code = subprocess.run(words, check=False).returncode
    if code:
        sys.exit(code)


if __name__ == "__main__":
    main()
