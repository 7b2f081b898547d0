"""``python -m CACScoringLib.report.process PICKLED OUT``: writes a report in a process of its own.

Drawing a page takes seconds, in which a panel has to stay alive.
"""

from __future__ import annotations

import pickle
import sys
from pathlib import Path

from ..errors import CACError
from ..whole_files import write_whole
from .scan_report import ScanReport


def main(pickled: Path, out: Path) -> int:
    """Write a report, which the panel pickled, as PDF or HTML by the ending of its name."""
    report: ScanReport = pickle.loads(pickled.read_bytes())
    try:
        write_whole(out, report.pdf() if out.suffix.lower() == ".pdf" else report.html())
    except CACError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
