"""The whole way once: a synthetic DICOM study, labelled from points, scored, reported (``make demo``)."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

DEMO = Path("demo")
STUDY = DEMO / "cohort" / "scan-0001"
SEED = 7
"""A patient with calcium in all three arteries."""


def main() -> None:
    """Run the commands that a user would type, each shown before its output."""
    if not (DEMO / "cohort" / "cohort.csv").is_file():
        cac("phantom", DEMO / "cohort", "--scans", "1", "--seed", str(SEED), "--calcium")
    ct, labels = STUDY / "dicom", DEMO / "labels.seg.nrrd"
    cac("info", ct)
    cac("label", ct, "--points", STUDY / "points.mrk.json", "--out", labels, "--rest-is-other")
    cac("score", ct, "--labels", labels)
    cac("report", ct, "--labels", labels, "--out", DEMO / "report")
    print(f"\nThe report: {(DEMO / 'report' / 'report.html').resolve().as_uri()}")
    print(f"as PDF:     {DEMO / 'report' / 'report.pdf'}")


def cac(*arguments: object) -> None:
    """Show and run one ``cac`` command; end with its exit code where it fails."""
    words = ["cac", *(str(argument) for argument in arguments)]
    print(f"\n$ {shlex.join(words)}", flush=True)
    code = subprocess.run(words, check=False).returncode
    if code:
        sys.exit(code)


if __name__ == "__main__":
    main()
