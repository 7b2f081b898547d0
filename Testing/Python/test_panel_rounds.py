"""Ranking, the queue and export from the panel of CAC Annotation, in real processes."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path

import pytest
import SimpleITK as sitk
from annotation_desk import LAD, LCX, LONG, SMALL, AnnotationDesk, chest
from CACAnnotationLib.queueing.labelling_queue import LabellingQueue
from CACAnnotationLib.queueing.queued_slice import DONE, FLAGGED, LEASED, WAITING
from CACAnnotationLib.queueing.rounds import ChosenSlice, DoubleReading, rounds_of, start_round
from CACAnnotationLib.session.session import AnnotationSession
from ranking_samples import saved_model

PATIENCE_S = 90


@pytest.fixture
def two(empty: AnnotationDesk, tmp_path: Path) -> AnnotationDesk:
    """Anna has a project with two scans, and none of them is open."""
    folder = tmp_path / "scans"
    folder.mkdir()
    for number, name in enumerate(("first", "second")):
        hu = chest()
        hu[0, 0, 0] += number
        image = sitk.GetImageFromArray(hu)
        image.SetSpacing((2.0, 2.0, 3.0))
        sitk.WriteImage(image, str(folder / f"{name}.nrrd"))
    empty.begin()
    empty.dialogs.answer(str(folder))
    empty.hands.click(empty.ui.addScansButton)
    return empty


def project_of(desk: AnnotationDesk):  # type: ignore[no-untyped-def]
    return desk.widget.panel._context.place.project


def queue(desk: AnnotationDesk, *places: tuple[int, int], double: DoubleReading | None = None) -> int:
    """Queue slices, by number of their scan and index, as a ranking would."""
    project = project_of(desk)
    series = [scan.series for scan in project.scans]
    chosen = [ChosenSlice(series[scan], index, 0.5, f"doubtful {index}") for scan, index in places]
    number = start_round(project.store, chosen, strategy="hybrid", double=double)
    desk.widget.panel._queue.show_project()
    return number


def walk(desk: AnnotationDesk, beginning: str) -> None:
    """Choose a way to go on by the beginning of its name."""
    combo = desk.ui.wayCombo
    titles = [combo.itemText(row) for row in range(combo.count)]
    desk.hands.choose(combo, next(each for each in titles if each.startswith(beginning)))
    desk.hands.settle(100)


def in_hand(desk: AnnotationDesk) -> list[str]:
    """What is said of the slice in hand, line by line, without its looks."""
    return re.sub("</?b>", "", desk.ui.queueEntryLabel.text).split("<br>")


def where(desk: AnnotationDesk) -> tuple[str, int]:
    return desk.scan.entry.name.removesuffix(".nrrd"), desk.scan.slice_index


def counts(desk: AnnotationDesk) -> dict[tuple[str, str], int]:
    return rounds_of(project_of(desk).store)[-1].counts


def end_of_job(desk: AnnotationDesk) -> None:
    desk.hands.wait_for(lambda: not desk.widget.panel._rounds.busy, PATIENCE_S)
    desk.hands.settle(100)


def open_rounds(desk: AnnotationDesk) -> None:
    desk.ui.scanSection.collapsed = True
    desk.ui.lesionSection.collapsed = True
    desk.ui.roundSection.collapsed = False
    desk.hands.settle()


def test_slices_are_ranked_and_walked_at_once(two: AnnotationDesk) -> None:
    open_rounds(two)
    two.hands.choose(two.ui.strategyCombo, "random")
    assert two.ui.strategyLabel.text == "drawn from all"
    assert not two.ui.rankModelCombo.enabled
    two.ui.budgetSpinBox.value = 20
    assert not two.ui.readRoundButton.enabled
    two.hands.click(two.ui.rankButton)
    assert two.ui.cancelJobButton.enabled
    two.hands.click(two.ui.rankButton)
    assert two.message == "The ranking is still under way: wait for it, or cancel it"
    end_of_job(two)
    assert two.message == "Round 1 of the queue has 20 slices, ranked by random"
    assert not two.ui.cancelJobButton.enabled
    assert two.ui.readRoundButton.text == "Read round 1 now"
    two.hands.click(two.ui.readRoundButton)
    first = where(two)
    assert two.ui.wayCombo.currentText == "round 1: random, 0 of 20 done"
    assert in_hand(two) == ["Round 1, rank 1 of 20: drawn at random"]
    assert two.ui.scanSection.collapsed
    two.ui.restIsOtherCheckBox.checked = True
    two.key("Return")
    assert two.message == f"Slice {first[1] + 1} signed off"
    assert where(two) != first
    assert "Round 1 (random): 1 of 20 slices" in two.ui.projectProgressLabel.text


def test_a_model_of_ones_own_ranks(two: AnnotationDesk, tmp_path: Path) -> None:
    model = saved_model(tmp_path / "tiny")
    open_rounds(two)
    two.dialogs.answer(str(model))
    two.hands.click(two.ui.rankModelFolderButton)
    assert two.ui.rankModelCombo.currentText == "tiny"
    two.ui.budgetSpinBox.value = 2
    two.hands.click(two.ui.rankButton)
    end_of_job(two)
    assert two.message == "Round 1 of the queue has 2 slices, ranked by hybrid"
    two.hands.click(two.ui.readRoundButton)
    assert in_hand(two)[0].startswith("Round 1, rank 1 of 2: drawn from the 20% most uncertain")
    assert rounds_of(project_of(two).store)[0].model == "tiny"


def test_the_queue_leads_through_two_scans_and_says_when_all_is_done(two: AnnotationDesk) -> None:
    import slicer

    queue(two, (0, 5), (1, 4), (0, 6))
    walk(two, "round 1")
    assert where(two) == ("first", 5)
    assert in_hand(two) == ["Round 1, rank 1 of 3: doubtful 5"]
    two.click(LONG)
    two.key("n")
    assert where(two) == ("first", 5)
    assert "still in your hands" in two.message
    two.ui.restIsOtherCheckBox.checked = True
    two.key("Return")
    assert where(two) == ("first", 6), "of the scan that is open, before the other one"
    two.key("Return")
    assert where(two) == ("second", 4)
    assert in_hand(two) == ["Round 1, rank 2 of 3: doubtful 4"]
    names = [node.GetName() for node in slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")]
    assert not any(name.startswith("first") for name in names), "the scene does not fill with scans"
    segmentations = slicer.util.getNodesByClass("vtkMRMLSegmentationNode")
    assert len(segmentations) == 5, "calcium, regions, drawing and two of proposals"
    two.key("p")
    assert where(two) == ("first", 6)
    assert two.label(LONG) == LAD, "nothing is lost"
    two.key("n")
    assert where(two) == ("second", 4)
    two.key("Return")
    assert two.message == "All slices of round 1 are signed off"
    assert where(two) == ("second", 4), "what was read last stays"
    assert counts(two) == {("first", DONE): 3}
    two.key("n")
    assert two.message == "All slices of round 1 are signed off"


def test_return_signs_off_what_is_in_hand_and_nothing_else(two: AnnotationDesk) -> None:
    queue(two, (0, 5), (0, 8))
    walk(two, "the queue, all rounds")
    two.ui.restIsOtherCheckBox.checked = True
    two.go((30, 30, 2))
    two.key("Return")
    assert where(two) == ("first", 5)
    assert "shown again: once more to sign it off" in two.message
    assert counts(two) == {("first", LEASED): 1, ("first", WAITING): 1}
    two.key("Return")
    assert where(two) == ("first", 8)
    two.key("z", held="ctrl")
    assert where(two) == ("first", 5), "undo goes where it undoes"
    two.key("Return")
    assert two.scan.session.slices.status(5).status == "signed off"
    assert where(two) == ("first", 8)
    assert counts(two) == {("first", DONE): 1, ("first", LEASED): 1}


def test_skip_flag_and_leases_that_go_back(two: AnnotationDesk) -> None:
    queue(two, (0, 5), (1, 4), (0, 8))
    walk(two, "round 1")
    for place in (("first", 8), ("second", 4), ("first", 5), ("first", 8)):
        two.key("k")
        assert where(two) == place
    two.hands.type(two.ui.noteEdit, "a stent?", enter=False)
    two.hands.click(two.ui.flagButton)
    assert two.message == "Slice 9 flagged: a stent?"
    assert counts(two) == {("first", FLAGGED): 1, ("first", LEASED): 1, ("first", WAITING): 1}
    walk(two, "this scan")
    assert two.ui.queueEntryLabel.text == ""
    assert counts(two) == {("first", FLAGGED): 1, ("first", WAITING): 2}
    walk(two, "round 1")
    assert counts(two)["first", LEASED] == 1
    two.ui.scanSection.collapsed = False
    two.hands.click_cell(two.ui.scanTable, 0, 0, double=True)
    assert two.ui.wayCombo.currentText == "this scan", "who opens a scan reads that scan"
    assert counts(two)["first", WAITING] == 2
    walk(two, "round 1")
    store = project_of(two).store
    two.widget.panel.stop()
    assert rounds_of(store)[0].counts == {("first", FLAGGED): 1, ("first", WAITING): 2}
    store.close()


def test_a_scan_that_cannot_be_read_is_skipped(two: AnnotationDesk) -> None:
    queue(two, (1, 4), (0, 5))
    entry = project_of(two).scans[1]
    path = project_of(two).scan_path(entry)
    away = path.rename(path.with_suffix(".away"))
    walk(two, "round 1")
    assert "is not where it was" in two.dialogs.texts("error")[-1]
    two.hands.click(two.ui.skipButton)
    assert where(two) == ("first", 5)
    away.rename(path)
    two.ui.restIsOtherCheckBox.checked = True
    two.key("Return")
    assert where(two) == ("second", 4)


def test_second_readings_are_blind_and_differences_are_settled(two: AnnotationDesk) -> None:
    queue(two, (0, 5), double=DoubleReading("inter", 1))
    store, entry = project_of(two).store, project_of(two).scans[0]
    session = AnnotationSession.open(project_of(two), entry, "Ben")
    taken = LabellingQueue(store, "Ben").take()
    assert taken is not None
    session.calcium.click(LONG, "LAD")
    session.calcium.click(SMALL, "LCX")
    session.slices.sign_off(5, rest_is_other=True)
    LabellingQueue(store, "Ben").slice_became(entry.series, 5, 1, "signed off", "")
    walk(two, "round 1")
    assert in_hand(two) == ["Round 1: a second reading, blind"]
    assert two.label(LONG) == 0
    two.key("2")
    two.click(LONG)
    two.click(SMALL)
    two.ui.restIsOtherCheckBox.checked = True
    two.key("Return")
    assert two.message == "Nothing is left for you: 1 to be settled by an adjudicator"
    two.hands.click(two.ui.adjudicateCheckBox)
    two.key("n")
    assert where(two) == ("first", 5)
    assert in_hand(two) == [
        "Round 1: two readings differ, settle it",
        "Ben LCX, Anna LAD: 9 voxels of calcium",
    ]
    assert "settling differences" in two.ui.savedLabel.text
    assert (two.label(LONG), two.label(SMALL)) == (LAD, 0), "what both agree on is there"
    two.key("3")
    two.click(SMALL)
    two.key("Return")
    assert two.label(SMALL) == LCX
    assert two.message == "All slices of round 1 are signed off"


def test_another_reader_does_not_go_on_in_the_same_walk(two: AnnotationDesk) -> None:
    queue(two, (0, 5), (0, 6))
    walk(two, "round 1")
    two.ui.scanSection.collapsed = False
    two.hands.type(two.ui.readerEdit, " Anna ", enter=True)
    assert two.scan is not None, "the same name"
    two.hands.type(two.ui.readerEdit, "Ben", enter=True)
    assert two.scan is None
    two.key("n")
    assert two.message == "The queue was walked by Anna; choose it again as yourself"
    assert two.ui.wayCombo.currentText == "this scan"
    assert counts(two) == {("first", WAITING): 2}
    walk(two, "round 1")
    assert "Ben" in two.ui.savedLabel.text


def test_a_job_is_cancelled_and_one_that_dies_is_a_sentence(two: AnnotationDesk) -> None:
    open_rounds(two)
    two.hands.choose(two.ui.strategyCombo, "random")
    two.hands.click(two.ui.rankButton)
    two.hands.click(two.ui.cancelJobButton)
    assert two.ui.jobLabel.text == "Stopping"
    end_of_job(two)
    assert two.message == "The ranking was cancelled, and nothing was queued"
    two.hands.click(two.ui.rankButton)
    os.kill(two.widget.panel._rounds._jobs.pid, signal.SIGKILL)
    end_of_job(two)
    assert "has ended (code -9)" in two.message
    assert "has ended (code -9)" in two.ui.jobLabel.text
    assert rounds_of(project_of(two).store) == []
    assert two.ui.jobProgressBar.value == 0


def test_labels_are_exported_and_a_full_folder_is_refused(two: AnnotationDesk, tmp_path: Path) -> None:
    out = tmp_path / "export"
    two.hands.click_cell(two.ui.scanTable, 0, 0, double=True)
    two.click(LONG)
    open_rounds(two)
    two.hands.choose(two.ui.exportCombo, "NRRD")
    assert "label maps" in two.ui.exportLabel.text
    two.dialogs.answer(str(out))
    two.hands.click(two.ui.exportButton)
    two.click(SMALL)
    assert two.label(SMALL) == LAD, "labelling goes on"
    end_of_job(two)
    assert two.message == f"Labels of 1 scan are in {out}"
    written = [each.name for each in out.rglob("*.nrrd")]
    assert written
    assert not any("first" in name for name in written), "pseudonyms"
    two.hands.choose(two.ui.exportCombo, "CSV")
    two.dialogs.answer(str(out))
    two.hands.click(two.ui.exportButton)
    assert two.message == f"{out} is not empty; choose another folder for the export"
    assert not two.ui.cancelJobButton.enabled


def test_packages_are_asked_for_and_patients_divided_only_with_consent(two: AnnotationDesk) -> None:
    open_rounds(two)
    two.stand_in.packages.missing.add("torch")
    two.hands.click(two.ui.rankButton)
    two.stand_in.packages.missing.clear()
    assert "PyTorch" in two.dialogs.texts()[-1]
    two.dialogs.answer(False)
    two.hands.click(two.ui.startRoundButton)
    assert "Divide the patients of the project now" in two.dialogs.texts()[-1]
    assert not two.widget.panel._rounds.busy
    two.hands.click(two.ui.startRoundButton)
    assert "too few" in two.message, "two scans are one patient or two"
    assert not two.widget.panel._rounds.busy
