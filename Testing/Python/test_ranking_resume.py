"""Doubts survive a kill at any instant, and are the same whoever computes them."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from CACAnnotationLib.ranking.doubt_file import DOUBTS_NAME, DoubtFile
from CACAnnotationLib.ranking.run import RankingRun, run_ranking
from CACAnnotationLib.ranking.slice_doubts import ScanDoubts
from CACScoringLib.errors import CACError
from doubt_samples import SLICES, doubts_of_scan, stored
from ranking_samples import project_of_noise, saved_model

WRITING = """
import sys
from pathlib import Path
import numpy as np
from CACAnnotationLib.ranking.doubt_file import DoubtFile
from doubt_samples import doubts_of_scan
with DoubtFile(Path(sys.argv[1]), {"model": 1}) as doubts:
    print("begun", flush=True)
    for scan in range(int(sys.argv[2]), 10**6):
        doubts.add(doubts_of_scan(scan))
        print("added", flush=True)
"""
RANKING = """
import sys
from pathlib import Path
from CACAnnotationLib.project.project import Project
from CACAnnotationLib.ranking.run import RankingRun, run_ranking
folder, model, out = map(Path, sys.argv[1:])
run_ranking(Project.open(folder), RankingRun("bald", 5, model, 3, device="cpu", workers=2, out=out))
"""


def started(code: str, *arguments: object) -> subprocess.Popen[str]:
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parent)}
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)], env=environment, stdout=-1, text=True
    )


def wait_for(what: Callable[[], bool], seconds: float = 600) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it takes too long"
        time.sleep(0.01)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no kill -9 here")
def test_a_kill_at_any_instant_leaves_whole_scans(tmp_path: Path) -> None:
    path, scans = tmp_path / DOUBTS_NAME, 0
    for added, seconds in ((0, 0.0), (1, 0.002), (4, 0.007)):
        writer = started(WRITING, path, scans)
        assert writer.stdout is not None
        lines = [writer.stdout.readline() for _ in range(added + 1)]
        assert lines == ["begun\n", *["added\n"] * added]
        time.sleep(seconds)
        writer.send_signal(signal.SIGKILL)
        writer.communicate()
        with DoubtFile(path, {"model": 1}) as doubts:
            found = list(doubts)
            assert len(found) % SLICES == 0, "no scan is there in part"
            assert len(found) // SLICES >= scans + added, "what was added is on the disk"
            scans = len(found) // SLICES
            assert found == [doubt for scan in range(scans) for doubt in doubts_of_scan(scan).doubts]
            features = doubts.features_of(found)
            np.testing.assert_array_equal(
                np.array(features).reshape(-1, 20),
                np.concatenate(
                    [doubts_of_scan(scan).features for scan in range(scans)] or [np.zeros((0, 20))]
                ),
            )


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="processes are counted in /proc")
def test_two_workers_find_the_same_and_a_killed_run_goes_on(tmp_path: Path) -> None:
    project, model = project_of_noise(tmp_path, 5), saved_model(tmp_path / "model")
    alone, killed = tmp_path / "alone", tmp_path / "killed"
    expected = run_ranking(project, RankingRun("bald", 5, model, 3, device="cpu", out=alone)).ranked
    run = started(RANKING, project.folder, model, killed)

    def has_a_scan() -> bool:
        assert run.poll() in (None, 0)
        try:
            return bool(stored(killed / DOUBTS_NAME)[0])
        except sqlite3.Error:
            return False

    killed.mkdir()
    wait_for(has_a_scan)
    children = children_of(run.pid)
    run.kill()
    run.wait()
    wait_for(lambda: all(map(ended, children)))
    by_two = stored(killed / DOUBTS_NAME)
    assert by_two == [
        part[: len(some)] for part, some in zip(stored(alone / DOUBTS_NAME), by_two, strict=True)
    ]
    again = run_ranking(project, RankingRun("bald", 5, model, 3, device="cpu", out=killed)).ranked
    assert again == expected
    assert stored(killed / DOUBTS_NAME) == stored(alone / DOUBTS_NAME)


def children_of(process: int) -> list[str]:
    try:
        return Path(f"/proc/{process}/task/{process}/children").read_text().split()
    except OSError:
        return []


def ended(process: str) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def test_a_file_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    path = tmp_path / DOUBTS_NAME
    with DoubtFile(path, {"model": 1}) as doubts:
        doubts.add(doubts_of_scan(3))
        assert doubts.missing(3, [0, 2, 7, SLICES]) == [7, SLICES]
        assert doubts.missing(4, [1]) == [1]
        np.testing.assert_array_equal(
            doubts.agatston_of_scan(3, [4, 0, 9], 4)[:2], doubts_of_scan(3).agatston[[4, 0]]
        )
    with pytest.raises(CACError, match="of another model, or of other passes"):
        DoubtFile(path, {"model": 2})
    path.write_bytes(b"no database, but long enough to look like one" * 100)
    with pytest.raises(CACError, match="is damaged; remove it"):
        DoubtFile(path, {"model": 1})
    with pytest.raises(CACError, match="cannot use"):
        DoubtFile(tmp_path / "nowhere" / DOUBTS_NAME, {})


def test_a_slice_that_is_asked_about_again_has_the_last_answer(tmp_path: Path) -> None:
    with DoubtFile(tmp_path / DOUBTS_NAME, {}) as doubts:
        doubts.add(doubts_of_scan(1))
        other = [each._replace(variance=9.0) for each in doubts_of_scan(1).doubts[2:4]]
        doubts.add(ScanDoubts(other, np.zeros((2, 4)), np.full((2, 20), np.nan, np.float32)))
        assert [each.variance == 9.0 for each in doubts] == [False, False, True, True, False, False]
        assert not doubts.agatston_of_scan(1, [2, 3], 4).any()
