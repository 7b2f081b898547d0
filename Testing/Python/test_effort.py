"""What is counted of a session whose actions are known."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from cac_runner import run_cac
from CACAnnotationLib.effort.figures import Effort, ProposalsMet, ReaderEffort
from CACAnnotationLib.effort.reader_effort import effort_of
from CACAnnotationLib.project.adding import AddingOptions, add_images
from CACAnnotationLib.project.project import Project
from CACAnnotationLib.session.calcium import Reach
from CACAnnotationLib.session.proposal import ProposedLabels
from CACAnnotationLib.session.session import AnnotationSession
from CACAnnotationLib.store.label_store import LabelStore
from session_samples import BONE, LONG, LOW, SMALL, Clock, ijk, open_session, small_scan

LAD, LCX, RCA = 2, 3, 4
SQUARE = [(3, 3), (12, 3), (12, 12), (3, 12), (3, 3)]


def proposal() -> ProposedLabels:
    """LONG is LAD, SMALL is LCX, LOW is RCA, and slice 3 has a region."""
    cac, car = np.zeros((2, *small_scan().geometry.shape), np.uint8)
    for voxels, value in ((LONG, LAD), (SMALL, LCX), (LOW, RCA)):
        cac[tuple(np.transpose(voxels))] = value
    car[3] = 1
    car[3, 6:11, 5:9] = LAD
    return ProposedLabels("small", cac, car)


def effort(folder: Path) -> list[ReaderEffort]:
    with LabelStore.open(folder / "labels.sqlite") as store:
        return effort_of(store)


@pytest.fixture
def scripted(tmp_path: Path) -> Path:
    clock = Clock()
    session = open_session(tmp_path, clock=clock)

    session.slices.show(5)
    clock.seconds += 5
    session.calcium.click(ijk(BONE[-1]), "OTHER")
    session.undo()
    session.calcium.click(ijk(BONE[-1]), "OTHER")
    session.slices.sign_off(5)

    session.slices.show(2)
    session.proposals.show(proposal())
    clock.seconds += 8
    session.proposals.accept_lesion(ijk(LONG[0]))
    session.proposals.reject_lesion(ijk(LOW[0]))
    session.proposals.accept(2)
    session.calcium.click(ijk(SMALL[0]), "RCA")
    session.regions.scribble(2, [(7, 8)], 0.5, "LAD")
    session.regions.contour(2, SQUARE)
    session.slices.sign_off(2)

    session.slices.show(3)
    clock.seconds += 6
    session.proposals.accept(3)
    session.undo()
    session.proposals.accept(3)
    session.slices.sign_off(3)

    session.slices.show(4)
    clock.seconds += 2
    session.calcium.click(ijk(LONG[-1]), "LCX", Reach.SLICE)
    session.close()
    return tmp_path


def test_work_belongs_to_the_slice_in_which_it_was_done(scripted: Path) -> None:
    (anna,) = effort(scripted)
    assert anna.reader == "Anna"
    assert anna.without_proposals == Effort(slices=1, clicks=2, strokes=0, undos=1, seconds=5.0)
    assert anna.with_proposals == Effort(slices=2, clicks=6, strokes=2, undos=1, seconds=14.0)
    # slices 0 and 1 hold bone that was clicked in slice 5
    assert anna.unfinished == Effort(slices=3, clicks=1, strokes=0, undos=0, seconds=2.0)


def test_what_becomes_of_proposals(scripted: Path) -> None:
    (anna,) = effort(scripted)
    # of LONG the slices 2 and 3 count: slice 4, where it was changed, is not signed off
    assert anna.proposals == ProposalsMet(
        lesions_accepted=2,
        lesions_untouched=1,
        lesions_rejected=1,
        voxels_accepted=6,
        voxels_untouched=4,
        regions_accepted=1,
        regions_untouched=1,
    )
    assert anna.proposals.untouched_share == pytest.approx(1 / 3)


def test_what_is_taken_back_was_not_accepted(tmp_path: Path) -> None:
    session = open_session(tmp_path)
    session.proposals.show(proposal())
    session.slices.show(2)
    session.proposals.accept(2)
    session.undo()
    session.slices.sign_off(2, rest_is_other=True)
    (anna,) = effort(tmp_path)
    assert anna.proposals == ProposalsMet()
    assert (anna.with_proposals.slices, anna.without_proposals.slices) == (0, 1)
    assert anna.without_proposals.clicks == 1, "the click was made all the same"


def test_a_change_that_is_taken_back_leaves_a_lesion_untouched(tmp_path: Path) -> None:
    session = open_session(tmp_path)
    session.proposals.show(proposal())
    session.proposals.accept(2)
    session.calcium.click(ijk(SMALL[0]), "RCA")
    session.undo()
    session.slices.sign_off(2, rest_is_other=True)
    (anna,) = effort(tmp_path)
    assert (anna.proposals.lesions_accepted, anna.proposals.lesions_untouched) == (3, 3)


def test_a_stroke_touches_accepted_regions(tmp_path: Path) -> None:
    session = open_session(tmp_path)
    session.proposals.show(proposal())
    session.proposals.accept(3)
    session.regions.scribble(3, [(6, 7)], 0.5, "LCX")
    session.slices.sign_off(3, rest_is_other=True)
    (anna,) = effort(tmp_path)
    assert (anna.proposals.regions_accepted, anna.proposals.regions_untouched) == (1, 0)
    assert anna.with_proposals == Effort(slices=1, clicks=1, strokes=1)


def test_every_reader_and_every_scan(tmp_path: Path) -> None:
    project = Project.create(tmp_path / "project")
    scan = small_scan()
    for number in range(2):
        hu = scan.values.copy()
        hu[0, 0, 0] = number
        sitk.WriteImage(scan.geometry.to_image(hu), str(tmp_path / f"{number}.nrrd"))
    list(add_images(project, sorted(tmp_path.glob("*.nrrd")), AddingOptions()))
    for name, scans in (("Ben", 2), ("Anna", 1)):
        for entry in project.scans[:scans]:
            session = AnnotationSession.open(project, entry, name)
            session.calcium.click(ijk(SMALL[0]), "LAD")
            session.slices.sign_off(2, rest_is_other=True)
    project.store.close()
    document = json.loads(run_cac("effort", project.folder, "--json").output)
    found = {each["reader"]: each["without_proposals"] for each in document}
    assert list(found) == ["Anna", "Ben"]
    assert (found["Anna"]["slices"], found["Ben"]["slices"]) == (1, 2)
    assert found["Ben"]["clicks"] == 2
    assert found["Ben"]["per_slice"]["clicks"] == 1
    assert document[0]["proposals"]["lesions_untouched_share"] is None
    shown = run_cac("effort", project.folder).output
    assert "Ben" in shown
    assert "without" in shown


def test_nothing_labelled(tmp_path: Path) -> None:
    Project.create(tmp_path / "project")
    assert "Nothing is labelled yet" in run_cac("effort", tmp_path / "project").output
    assert json.loads(run_cac("effort", tmp_path / "project", "--json").output) == []
