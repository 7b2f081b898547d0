"""The queue: leases, skipped and flagged slices, second readings, and settling where they differ."""

from __future__ import annotations

import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import SimpleITK as sitk
from cac_runner import run_cac
from CACAnnotationLib.project.adding import AddingOptions, add_images
from CACAnnotationLib.project.project import Project
from CACAnnotationLib.project.splitting import split_patients
from CACAnnotationLib.queueing.differences import two_readings
from CACAnnotationLib.queueing.following import QueueFollower
from CACAnnotationLib.queueing.labelling_queue import LEASE, LabellingQueue
from CACAnnotationLib.queueing.queued_slice import DONE, INTER, INTRA, SETTLE, QueuedSlice
from CACAnnotationLib.queueing.rounds import ChosenSlice, DoubleReading, rounds_of, start_round
from CACAnnotationLib.queueing.settling import begin_settling
from CACAnnotationLib.queueing.summary import nothing_left, round_in_words
from CACAnnotationLib.session.session import AnnotationSession
from CACAnnotationLib.store.label_store import LabelStore
from CACAnnotationLib.store.parts import VALIDATION, parts_of_patients
from CACScoringLib.errors import CACError
from session_samples import LONG, SMALL, ijk, small_scan


class Time:
    """The time, which stands until it is moved."""

    def __init__(self) -> None:
        self.is_now = datetime(2026, 3, 1, 9)

    def __call__(self) -> datetime:
        return self.is_now


@pytest.fixture
def project(database: str, tmp_path: Path) -> Project:
    """Two scans of six slices, with labels and queue in either kind of database."""
    project = Project.create(tmp_path / "project", store_url=database if "://" in database else None)
    scan = small_scan()
    for name, change in (("a", 0), ("b", 1)):
        hu = scan.values.copy()
        hu[0, 0, 0] += change
        sitk.WriteImage(scan.geometry.to_image(hu), str(tmp_path / f"{name}.nrrd"))
    list(add_images(project, sorted(tmp_path.glob("*.nrrd")), AddingOptions()))
    return project


def chosen(project: Project, *places: tuple[int, int]) -> list[ChosenSlice]:
    """Slices by number of their scan, from 0, and index."""
    series = [scan.series for scan in project.scans]
    return [ChosenSlice(series[scan], index, 0.5, "for tests") for scan, index in places]


def place(project: Project, entry: QueuedSlice | None) -> tuple[int, int] | None:
    if entry is None:
        return None
    return [scan.series for scan in project.scans].index(entry.series), entry.slice_index


def open_and_follow(project: Project, entry: QueuedSlice, queue: LabellingQueue) -> AnnotationSession:
    scan = next(each for each in project.scans if each.series == entry.series)
    session = AnnotationSession.open(project, scan, queue.reader, round=entry.reading)
    QueueFollower(session, queue)
    return session


def sign_off(project: Project, entry: QueuedSlice, queue: LabellingQueue, artery: str = "LAD") -> None:
    """Read a slice with the long lesion in it."""
    session = open_and_follow(project, entry, queue)
    session.calcium.click(ijk(LONG[0]), artery)
    session.slices.sign_off(entry.slice_index, rest_is_other=True)


def test_slices_come_by_rank_but_a_scan_that_is_open_is_read_to_its_end(project: Project) -> None:
    start_round(project.store, chosen(project, (0, 3), (1, 1), (0, 1)), strategy="hybrid")
    queue = LabellingQueue(project.store, "Anna")
    first = queue.take()
    assert place(project, first) == (0, 3)
    assert first is not None
    assert first.reason == "for tests"
    again = queue.take()
    assert again is not None
    assert again.id == first.id, "hers already"
    sign_off(project, first, queue)
    assert place(project, queue.take(first.series)) == (0, 1), "of the open scan"


def test_nobody_gets_what_another_reader_has_until_the_lease_ends(project: Project) -> None:
    start_round(project.store, chosen(project, (0, 3), (1, 1)), strategy="hybrid")
    time = Time()
    anna, ben, cleo = (LabellingQueue(project.store, name, time) for name in ("Anna", "Ben", "Cleo"))
    assert place(project, anna.take()) == (0, 3)
    assert place(project, ben.take()) == (1, 1)
    assert cleo.take() is None
    assert nothing_left(project.store) == "Nothing is left for you: 2 with another reader"
    time.is_now += LEASE - timedelta(seconds=1)
    assert ben.extend() == 1
    time.is_now += timedelta(seconds=2)
    assert place(project, cleo.take()) == (0, 3)
    assert anna.take() is None
    assert ben.give_back() == 1
    assert place(project, anna.take()) == (1, 1)


def test_what_is_skipped_comes_last_and_what_is_flagged_goes_to_somebody_else(project: Project) -> None:
    start_round(project.store, chosen(project, (0, 3), (0, 4)), strategy="hybrid")
    anna, ben = (LabellingQueue(project.store, name) for name in ("Anna", "Ben"))
    entry = anna.take()
    assert entry is not None
    session = open_and_follow(project, entry, anna)
    session.slices.skip(3)
    second = anna.take(entry.series)
    assert place(project, second) == (0, 4)
    session.slices.flag(4, "is this a stent?")
    again = anna.take(entry.series)
    assert (place(project, again), again.skips if again else None) == ((0, 3), 1)
    flagged = ben.take()
    assert flagged is not None
    assert (place(project, flagged), flagged.note) == ((0, 4), "is this a stent?")
    session.slices.sign_off(3, rest_is_other=True)
    assert anna.take() is None
    sign_off(project, flagged, ben)
    assert nothing_left(project.store) == "All slices of the queue are signed off"


def test_one_round_alone_is_walked_through(project: Project) -> None:
    start_round(project.store, chosen(project, (0, 3)), strategy="random")
    start_round(project.store, chosen(project, (0, 4)), strategy="hybrid")
    queue = LabellingQueue(project.store, "Anna")
    entry = queue.take(only_round=2)
    assert entry is not None
    assert (place(project, entry), entry.round) == ((0, 4), 2)
    assert queue.leased() == [entry]
    sign_off(project, entry, queue)
    assert queue.take(only_round=2) is None
    assert queue.leased() == []
    assert nothing_left(project.store, 2) == "All slices of round 2 are signed off"
    assert nothing_left(project.store).startswith("Nothing is left for you: 1 waiting")
    assert place(project, queue.take()) == (0, 3)


def test_what_was_skipped_a_moment_ago_does_not_come_at_once(project: Project) -> None:
    start_round(project.store, chosen(project, (1, 1), (0, 3)), strategy="hybrid")
    queue = LabellingQueue(project.store, "Anna")
    series = [scan.series for scan in project.scans]
    entry = queue.take()
    for other in ((0, 3), (1, 1), (0, 3)):
        assert entry is not None
        queue.slice_became(entry.series, entry.slice_index, entry.reading, "skipped", "")
        entry = queue.take(series[1], skipped=entry.id)
        assert place(project, entry) == other


def test_an_undone_sign_off_is_the_readers_again(project: Project) -> None:
    start_round(project.store, chosen(project, (0, 3)), strategy="hybrid")
    queue = LabellingQueue(project.store, "Anna")
    entry = queue.take()
    assert entry is not None
    session = open_and_follow(project, entry, queue)
    session.slices.sign_off(3, rest_is_other=True)
    assert LabellingQueue(project.store, "Ben").take() is None
    assert rounds_of(project.store)[0].number_of(statuses=(DONE,)) == 1
    session.undo()
    assert rounds_of(project.store)[0].number_of(statuses=(DONE,)) == 0
    assert place(project, queue.take()) == (0, 3)
    session.redo()
    assert queue.take() is None


def test_a_slice_signed_off_without_the_queue_is_done_in_it_too(project: Project) -> None:
    start_round(project.store, chosen(project, (0, 3), (0, 4)), strategy="hybrid")
    queue = LabellingQueue(project.store, "Anna")
    session = AnnotationSession.open(project, project.scans[0], "Anna")
    QueueFollower(session, queue)
    session.slices.sign_off(4, rest_is_other=True)
    session.slices.sign_off(5, rest_is_other=True)
    assert rounds_of(project.store)[0].number_of(statuses=(DONE,)) == 1


def test_a_sign_off_that_the_queue_never_heard_of_is_found(project: Project) -> None:
    start_round(project.store, chosen(project, (0, 3), (0, 4)), strategy="hybrid")
    queue = LabellingQueue(project.store, "Anna")
    queue.take()
    session = AnnotationSession.open(project, project.scans[0], "Anna")
    session.slices.sign_off(3, rest_is_other=True)
    assert place(project, queue.take()) == (0, 4), "as after a kill between the two"


def test_a_queue_that_cannot_be_written_hears_later(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    start_round(project.store, chosen(project, (0, 3), (0, 4)), strategy="hybrid")
    queue = LabellingQueue(project.store, "Anna")
    session = AnnotationSession.open(project, project.scans[0], "Anna")
    QueueFollower(session, queue)

    def fails(*_: object) -> None:
        raise CACError("the disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(queue, "slice_became", fails)
        session.slices.flag(3, "what is it?")
    assert rounds_of(project.store)[0].number_of(statuses=("flagged",)) == 0
    session.slices.skip(4)
    assert rounds_of(project.store)[0].number_of(statuses=("flagged",)) == 1


def test_the_same_reader_reads_again_without_seeing_the_first_labels(project: Project) -> None:
    double = DoubleReading(INTRA, 0.5)
    start_round(project.store, chosen(project, (0, 3), (0, 2)), strategy="hybrid", double=double)
    anna, ben = (LabellingQueue(project.store, name) for name in ("Anna", "Ben"))
    for _ in range(2):
        entry = anna.take()
        assert entry is not None
        assert entry.kind == "first", "second readings come last"
        sign_off(project, entry, anna)
    assert ben.take() is None
    again = anna.take()
    assert again is not None
    assert (again.kind, again.reading) == (INTRA, 2)
    session = open_and_follow(project, again, anna)
    assert not session.desk.layers["cac"].any(), "blind"
    session.calcium.click(ijk(LONG[0]), "LAD")
    session.slices.sign_off(again.slice_index, rest_is_other=True)
    assert anna.take(adjudicates=True) is None, "both readings agree"


def test_another_reader_reads_again_and_a_difference_is_settled(project: Project) -> None:
    double = DoubleReading(INTER, 1)
    start_round(project.store, chosen(project, (0, 2)), strategy="hybrid", double=double)
    anna, ben, cleo = (LabellingQueue(project.store, name) for name in ("Anna", "Ben", "Cleo"))
    first = anna.take()
    assert first is not None
    assert ben.take() is None, "not before the first reading"
    sign_off(project, first, anna)
    assert anna.take() is None
    second = ben.take()
    assert second is not None
    assert (second.kind, second.reading) == (INTER, 1)
    sign_off(project, second, ben, "LCX")

    assert cleo.take() is None, "who does not adjudicate gets nothing"
    settle = cleo.take(adjudicates=True)
    assert settle is not None
    assert (settle.kind, settle.reading) == (SETTLE, 3)
    assert settle.reason == "two readings differ: 3 voxels of calcium, 0 of regions"
    readings = two_readings(project.store, settle)
    assert readings is not None
    session = open_and_follow(project, settle, cleo)
    assert begin_settling(session, 2, readings)
    assert not begin_settling(session, 2, readings), "once"
    assert session.desk.layers["cac"][SMALL[0]] == 1, "agreed on"
    assert session.desk.layers["cac"][LONG[0]] == 0, "to be decided"
    session.calcium.click(ijk(LONG[0]), "LAD")
    session.slices.sign_off(2)
    assert cleo.take(adjudicates=True) is None
    assert round_in_words(rounds_of(project.store)[0]) == (
        "Round 1 (hybrid): 1 of 1 slices, 1 of 1 second readings, 1 of 1 differences settled"
    )


def test_rounds_are_whole_and_no_slice_is_in_two(project: Project) -> None:
    assert nothing_left(project.store).startswith("The queue is empty")
    start_round(project.store, chosen(project, (0, 3)), strategy="hybrid")
    with pytest.raises(CACError, match=r"slice 4 of scan .* is in round 1"):
        start_round(project.store, chosen(project, (1, 1), (0, 3)), strategy="hybrid")
    with pytest.raises(CACError, match="is chosen twice"):
        start_round(project.store, chosen(project, (1, 1), (1, 1)), strategy="hybrid")
    with pytest.raises(CACError, match="needs slices"):
        start_round(project.store, [], strategy="hybrid")
    assert [each.number_of() for each in rounds_of(project.store)] == [1]
    assert start_round(project.store, chosen(project, (1, 1)), strategy="hybrid") == 2
    for kind, share in (("both", 0.1), (INTRA, 0.0), (INTRA, 1.5)):
        with pytest.raises(CACError, match=r"neither|no share"):
            DoubleReading(kind, share)


TAKER = """
import sys
from CACAnnotationLib.queueing.labelling_queue import LabellingQueue
from CACAnnotationLib.store.label_store import LabelStore
queue = LabellingQueue(LabelStore.open(sys.argv[1]), sys.argv[2])
while (entry := queue.take()) is not None:
    print(entry.id, flush=True)
    queue.slice_became(entry.series, entry.slice_index, 1, "signed off", "")
"""


def test_two_processes_never_get_the_same_slice(database: str) -> None:
    with LabelStore.open(database) as store:
        slices = [ChosenSlice("1.2", index, 0.0, "") for index in range(60)]
        start_round(store, slices, strategy="random")
    takers = [
        subprocess.Popen([sys.executable, "-c", TAKER, database, name], stdout=subprocess.PIPE, text=True)
        for name in ("Anna", "Ben")
    ]
    taken = [taker.communicate(timeout=120)[0].split() for taker in takers]
    assert [taker.returncode for taker in takers] == [0, 0]
    assert sorted(map(int, taken[0] + taken[1])) == list(range(1, 61))


def test_commands(project: Project, tmp_path: Path) -> None:
    table = tmp_path / "ranking.csv"
    table.write_text("rank,scan_id,slice,score,reason\n1,2,4,0.3,doubtful\n2,1,1,0.2,doubtful too\n")
    result = run_cac("queue", "start", project.folder, table, "--double", "intra", "--share", 1)
    assert "Round 1 (ranking): 0 of 2 slices, 0 of 2 second readings" in result.output
    entry = LabellingQueue(project.store, "Anna").take()
    assert (place(project, entry), entry.reason if entry else "") == ((1, 3), "doubtful")
    assert "1 slice given back" in run_cac("queue", "release", project.folder, "--reader", "Anna").output
    split_patients(project, 0.5, 0, seed=0)
    validating = [part for part in parts_of_patients(project.store).values() if part == VALIDATION]
    assert len(validating) == 1
    run_cac("queue", "start", project.folder, "--part", "validation", "--budget", 4)
    shown = run_cac("queue", "show", project.folder).output
    assert "Round 2 (validation): 0 of 4 slices" in shown
    assert '"strategy": "validation"' in run_cac("queue", "show", project.folder, "--json").output
    for wrong, said in (
        ("rank,slice\n1,1\n", "lacks the columns scan_id, score, reason"),
        ("", "is no ranking"),
        ("scan_id,slice,score,reason\n1,one,0,x\n", "line 2: scan_id, slice and score must be numbers"),
        ("scan_id,slice,score,reason\n1,1,nan,x\n", "the score nan is no number"),
        ("scan_id,slice,score,reason\n1,7,0,x\n", "has no slice 7"),
    ):
        table.write_text(wrong)
        assert said in run_cac("queue", "start", project.folder, table, code=2).output
    assert "name the table" in run_cac("queue", "start", project.folder, code=2).output
