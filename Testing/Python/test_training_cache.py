"""The cache of slices: what is read again, copied again, shared and deleted."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from CACAnnotationLib.training import labelled_files  # noqa: E402
from CACAnnotationLib.training.slice_cache import cached_slices  # noqa: E402
from CACScoringLib.errors import CACError  # noqa: E402
from CACScoringLib.labels.label_map import write_label_map  # noqa: E402
from CACScoringLib.scans.reader import read_source  # noqa: E402
from training_samples import labelled_scan, read_cache, write_cohort  # noqa: E402


@pytest.fixture
def scans_read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the scans that are opened."""
    names: list[str] = []
    monkeypatch.setattr(
        labelled_files, "read_source", lambda source: (names.append(source.name), read_source(source))[1]
    )
    return names


def relabel(data: Path, number: int) -> None:
    """Take back that there is coronary calcium in a scan."""
    scan, cac, _ = labelled_scan(number)
    write_label_map(data / f"scan-{number}" / "cac.nrrd", np.minimum(cac, 1), scan.geometry, "cac")


def arrays(folder: Path, kind: str) -> dict[str, int]:
    """Files of a cache, with the time each was written."""
    return {path.name: path.stat().st_mtime_ns for path in folder.glob(f"*.{kind}.npy")}


def test_cache_is_read_again_only_where_something_changed(tmp_path: Path) -> None:
    data, folder = write_cohort(tmp_path / "data", 3), tmp_path / "cache"
    first = read_cache(data, folder)
    times = {path.name: path.stat().st_mtime_ns for path in folder.glob("*.hu.npy")}
    relabel(data, 2)

    second = read_cache(data, folder)

    assert first.scans[:2] == second.scans[:2]
    assert first.scans[2].fingerprint != second.scans[2].fingerprint
    assert second.fingerprint != first.fingerprint
    assert not any(second.scans[2].with_calcium)
    assert all((folder / name).stat().st_mtime_ns == time for name, time in times.items())
    assert read_cache(data, tmp_path / "elsewhere").fingerprint == second.fingerprint


def test_scans_read_before_a_bad_one_are_not_read_again(tmp_path: Path, scans_read: list[str]) -> None:
    data, folder = write_cohort(tmp_path / "data", 4), tmp_path / "cache"
    whole = (data / "scan-2" / "ct.nrrd").read_bytes()
    (data / "scan-2" / "ct.nrrd").write_bytes(whole[:500])
    (data / "scan-3" / "empty").mkdir()
    shutil.copy(data / "scan-3" / "ct.nrrd", data / "scan-3" / "empty")
    scan, cac, _ = labelled_scan(3)
    write_label_map(data / "scan-3" / "empty" / "cac.nrrd", np.zeros_like(cac), scan.geometry, "cac")
    with pytest.raises(CACError, match=r"scan-2.ct\.nrrd cannot be read as an image"):
        read_cache(data, folder)
    scans_read.clear()
    (data / "scan-2" / "ct.nrrd").write_bytes(whole)

    first = read_cache(data, folder)
    again = read_cache(data, folder)

    assert scans_read == ["scan-2/ct.nrrd", "scan-3/ct.nrrd", "scan-3/empty/ct.nrrd"]
    assert [scan.name for scan in first.scans] == [f"scan-{number}/ct.nrrd" for number in range(4)]
    assert again.scans == first.scans


def test_new_labels_copy_no_hu(tmp_path: Path, scans_read: list[str]) -> None:
    data, folder = write_cohort(tmp_path / "data", 3), tmp_path / "cache"
    first = read_cache(data, folder)
    hu, labels = arrays(folder, "hu"), arrays(folder, "labels")
    assert (len(hu), len(labels)) == (3 * 4, 3)
    scans_read.clear()
    relabel(data, 2)

    second = read_cache(data, folder)

    assert scans_read == ["scan-2/ct.nrrd"]
    assert second.fingerprint != first.fingerprint
    assert arrays(folder, "hu") == hu
    assert len(arrays(folder, "labels")) == 3, "labels that the scan has no more are gone"


def test_a_scan_is_thinned_alike_wherever_it_lies(tmp_path: Path) -> None:
    data = write_cohort(tmp_path / "data", 2)
    moved = tmp_path / "moved"
    shutil.copytree(data / "scan-1", moved / "another")
    here, there = read_cache(data, tmp_path / "one"), read_cache(moved, tmp_path / "two")
    assert there.scans[0].fingerprint == here.scans[1].fingerprint


def test_cohorts_share_a_cache_until_one_is_deleted(tmp_path: Path, scans_read: list[str]) -> None:
    folder = tmp_path / "cache"
    small, large = write_cohort(tmp_path / "small", 2), write_cohort(tmp_path / "large", 4)
    for data in (small, large):
        read_cache(data, folder)
    scans_read.clear()

    for data in (small, large):
        read_cache(data, folder)

    assert scans_read == []
    assert len(arrays(folder, "labels")) == 4, "the same scans are stored once"
    shutil.rmtree(large)
    (folder / "notes.npy").touch()
    (folder / f".partial-{'0' * 20}.hu.npy").touch()
    read_cache(small, folder)
    assert len(arrays(folder, "hu")) == 2 * 4
    assert len(arrays(folder, "labels")) == 2
    assert (folder / "notes.npy").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="no such locks there")
def test_nothing_is_deleted_that_another_run_reads(tmp_path: Path) -> None:
    data, folder = write_cohort(tmp_path / "data", 2), tmp_path / "cache"
    with cached_slices(data, folder) as running:
        before = running.slice_of(1, 2)
        relabel(data, 1)
        after = read_cache(data, folder).slice_of(1, 2)

        again = running.slice_of(1, 2)

    assert all(np.array_equal(*pair) for pair in zip(before, again, strict=True))
    assert not np.array_equal(before[2], after[2])
    assert len(arrays(folder, "labels")) == 3
    read_cache(data, folder)
    assert len(arrays(folder, "labels")) == 2


def test_a_damaged_index_is_written_again_and_a_lost_file_too(tmp_path: Path, scans_read: list[str]) -> None:
    data, folder = write_cohort(tmp_path / "data", 2), tmp_path / "cache"
    first = read_cache(data, folder)
    index = folder / "index.json"
    whole = index.read_text()
    for damaged in (whole[:200], whole.replace('"matrix"', '"matrices"'), "[]"):
        index.write_text(damaged)
        assert read_cache(data, folder).scans == first.scans
        assert index.read_text() == whole
    scans_read.clear()
    (folder / first.scans[1].hu_files[3]).unlink()

    assert read_cache(data, folder).scans == first.scans
    assert scans_read == ["scan-1/ct.nrrd"]


def test_a_file_that_is_lost_on_the_way_is_said(tmp_path: Path) -> None:
    cache = read_cache(write_cohort(tmp_path / "data", 1), tmp_path / "cache")
    (tmp_path / "cache" / cache.scans[0].hu_files[0]).write_bytes(b"")
    (tmp_path / "cache" / cache.scans[0].hu_files[1]).unlink()

    for number in range(2):
        with pytest.raises(CACError, match=r"a file in .*cache is gone or damaged; delete that folder"):
            cache.slice_of(0, number)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="no /proc there")
def test_a_cohort_may_have_more_scans_than_a_process_may_open_files(tmp_path: Path) -> None:
    import resource

    cache = read_cache(write_cohort(tmp_path / "data", 8), tmp_path / "cache")
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = max(int(name) for name in os.listdir("/proc/self/fd"))  # noqa: PTH208
    resource.setrlimit(resource.RLIMIT_NOFILE, (highest + 3, limits[1]))
    try:
        slices = [cache.slice_of(scan, number) for scan in range(8) for number in range(4)]
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)

    assert len(slices) == 32
