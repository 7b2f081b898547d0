"""A reader's way through the workbench, in a real browser on the real server."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import SimpleITK as sitk
from cac_runner import run_cac
from CACAnnotationLib.project.adding import AddingOptions, add_images
from CACAnnotationLib.project.project import Project
from CACScoringLib.geometry import VolumeGeometry
from CACScoringLib.schemes import label_scheme
from dicom_samples import PRIVATE, ct_series, write_series
from numpy.typing import NDArray
from off_screen import skip_without_views
from workbench_browser import CHROMIUM, SIZE, AnnotateServer, BenchPage, annotate_server, started_chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytest.importorskip("playwright.sync_api")
axe = pytest.importorskip("axe_playwright_python.sync_playwright")
pytestmark = pytest.mark.skipif(
    not Path(CHROMIUM["executable_path"]).exists(), reason="Debian's chromium is not installed"
)

SHAPE = (16, 96, 96)
GEOMETRY = VolumeGeometry((96, 96, 16), (1.0, 1.0, 3.0), (0.0, 0.0, 0.0), (1, 0, 0, 0, 1, 0, 0, 0, 1))
LESIONS = {"2": (30, 30, 4), "3": (60, 30, 4), "4": (30, 64, 8)}
"""Column, row and slice of each, by the key of the artery that it gets."""
BONE = (70, 76, 8)
NAMES = {"2": "LAD", "3": "LCX", "4": "RCA"}


def chest() -> NDArray[np.int16]:
    """HU ``[slice, row, column]``: lesions of 5 x 5 x 2 voxels in tissue."""
    hu = np.full(SHAPE, 40, np.int16)
    for number, (i, j, k) in enumerate([*LESIONS.values(), BONE]):
        hu[k : k + 2, j - 2 : j + 3, i - 2 : i + 3] = 250 + 100 * number
    return hu


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with a DICOM series, and a scan whose file was damaged after it was added."""
    folder = tmp_path_factory.mktemp("workbench")
    write_series(ct_series(chest(), GEOMETRY), folder / "series")
    other = folder / "other.nrrd"
    sitk.WriteImage(GEOMETRY.to_image(chest()[::-1].copy()), str(other))
    made = Project.create(folder / "project")
    assert [each.error for each in add_images(made, [folder / "series", other], AddingOptions())] == ["", ""]
    other.write_bytes(other.read_bytes()[:400])
    return made


@pytest.fixture(scope="module")
def server(project: Project) -> Iterator[AnnotateServer]:
    skip_without_views()
    with annotate_server(project.folder) as server:
        yield server


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with started_chromium() as chromium:
        yield chromium


@pytest.fixture(scope="module")
def anna(server: AnnotateServer, browser: Browser) -> Iterator[BenchPage]:
    """The page of a reader, which all tests here go on with."""
    page = BenchPage(browser.new_page(viewport=SIZE), server.address, GEOMETRY)
    page.begin("Anna")
    yield page
    assert page.errors == []


def labels_of(project: Project, reader: str) -> dict[str, NDArray[np.uint8]]:
    """Layers as they are in the store, read by another process than the one that wrote them."""
    opened = Project.open(project.folder)
    entry = opened.scans[0]
    return dict(opened.store.reading(entry.series, entry.shape, reader, 1).layers)


def test_lesions_get_the_label_of_the_key_where_they_are_clicked(anna: BenchPage, project: Project) -> None:
    assert "No score yet" in anna.score
    assert "0 of 16 slices" in anna.score
    for key, ijk in LESIONS.items():
        assert anna.click(ijk, key).startswith(NAMES[key])
    calcium = labels_of(project, "Anna")["cac"]
    for key, (i, j, k) in LESIONS.items():
        value = label_scheme()[NAMES[key]].value
        assert (calcium[k : k + 2, j - 2 : j + 3, i - 2 : i + 3] == value).all()
    assert np.count_nonzero(calcium) == 3 * 50
    # VTK's own keys: q and e would end the process, 3 would draw in stereo.
    for key in ("q", "e", "c"):
        anna.page.keyboard.press(key)
    assert "not reviewed" in anna.score


def test_the_score_is_that_of_the_command_line(anna: BenchPage, project: Project, tmp_path: Path) -> None:
    with anna.page.expect_download() as labels:
        anna.page.click("role=button[name='Labels']")
    with anna.page.expect_download() as scores:
        anna.page.click("role=button[name='JSON']")
    file = tmp_path / "labels.seg.nrrd"
    labels.value.save_as(file)
    said = json.loads(run_cac("score", project.folder.parent / "series", "--labels", file, "--json").output)
    taken = json.loads(Path(scores.value.path()).read_text(encoding="utf-8"))
    assert taken["total"]["agatston"] == pytest.approx(said["total"]["agatston"])
    assert anna.score.startswith(f"Agatston {said['total']['agatston']:.1f}")
    for name in NAMES.values():
        row = anna.page.locator(f".list tr:has(th:text('{name}'))")
        assert f"{said['arteries'][name]['agatston']:,.1f}" in row.inner_text()


def test_strokes_draw_regions_and_a_proposal_between_them_is_accepted(
    anna: BenchPage, project: Project
) -> None:
    for k in (2, 6):
        anna.show_slice(k)
        anna.page.keyboard.press("s")
        anna.page.keyboard.press("2")
        anna.drag([(40, 40), (56, 42)])
        anna.page.keyboard.press("d")
        anna.drag([(30, 30), (66, 30), (66, 54), (30, 54), (30, 30)])
    regions = labels_of(project, "Anna")["car"]
    lad, other = label_scheme()["LAD"].value, label_scheme()["OTHER"].value
    assert regions[2, 41, 48] == lad
    assert regions[2, 90, 90] == other
    assert regions[2, 50, 48] == 0
    anna.act("interpolate", 3, 7)
    anna.page.wait_for_selector("text=Accept slice")
    anna.show_slice(4)
    anna.after(lambda: anna.page.click("text=Accept slice"))
    assert labels_of(project, "Anna")["car"][4, 41, 48] == lad
    anna.after(lambda: anna.page.keyboard.press("Control+z"))
    assert not labels_of(project, "Anna")["car"][4].any()
    anna.page.keyboard.press("c")


def test_pictures_show_what_was_labelled(anna: BenchPage) -> None:
    i, j, k = LESIONS["4"]
    anna.show_slice(k)
    anna.page.wait_for_timeout(600)
    blue = anna.page.evaluate(_COLOUR_AT, [*anna.xy((i, j))])
    assert blue[2] > blue[0] + 60
    lit = anna.page.evaluate(_COLOUR_AT, [*anna.xy(BONE[:2])])
    assert min(lit[0], lit[2]) > lit[1] + 40
    anna.act("colours")
    anna.page.wait_for_timeout(600)
    green = anna.page.evaluate(_COLOUR_AT, [*anna.xy((i, j))])
    assert green[1] > green[0] + 40
    anna.act("colours")


def test_a_model_can_be_cancelled(anna: BenchPage) -> None:
    anna.page.click("text=Propose scan")
    anna.page.click("role=button[name='Cancel']")
    anna.page.wait_for_function("document.querySelector('.said').innerText.includes('stopped')")


def test_signing_off_goes_on_and_the_state_follows(anna: BenchPage) -> None:
    anna.show_slice(8)
    anna.page.keyboard.press("Enter")
    anna.page.wait_for_function("document.querySelector('.said').innerText.includes('have no label')")
    assert "0 of 16" in anna.score
    anna.after(lambda: anna.page.keyboard.press("o"))
    anna.after(lambda: anna.page.keyboard.press("Enter"))
    assert "1 of 16" in anna.score
    assert anna.page.evaluate("window.trame.state.get('strip').signs[8]") == "s"


def test_a_damaged_scan_is_named_where_it_stands_and_the_rest_works(anna: BenchPage) -> None:
    anna.page.click("text=2 · other")
    problem = anna.page.locator(".list .problem")
    problem.wait_for()
    assert "other.nrrd" in problem.inner_text()
    assert "Traceback" not in anna.page.content()
    assert "not reviewed" in anna.score


def test_a_page_that_is_loaded_again_is_where_it_was(anna: BenchPage) -> None:
    anna.show_slice(4)
    anna.page.wait_for_timeout(1200)
    score, stored = anna.score, anna.stored
    anna.page.reload()
    anna.wait_for_scan()
    anna.page.wait_for_function("window.trame.state.get('strip').here === 4")
    assert (anna.score, anna.stored) == (score, stored)
    anna.page.wait_for_selector(".view-axial img[src]")


def test_a_process_that_is_killed_loses_nothing(
    anna: BenchPage, server: AnnotateServer, project: Project
) -> None:
    anna.show_slice(4)
    anna.page.wait_for_timeout(1200)
    before, score = labels_of(project, "Anna"), anna.score
    for pid in server.reader_pids:
        os.kill(pid, signal.SIGKILL)
    anna.page.wait_for_selector("#away:not([hidden])")
    anna.page.wait_for_selector("#away", state="hidden")
    anna.wait_for_scan()
    anna.page.wait_for_function("window.trame.state.get('strip').here === 4")
    assert anna.score == score
    np.testing.assert_array_equal(labels_of(project, "Anna")["cac"], before["cac"])
    anna.errors.clear()


def test_two_readers_work_beside_each_other(
    anna: BenchPage, server: AnnotateServer, browser: Browser, project: Project
) -> None:
    with browser.new_context(viewport=SIZE) as context:
        bela = BenchPage(context.new_page(), server.address, GEOMETRY)
        bela.begin("Béla")
        assert "No score yet" in bela.score
        bela.click(LESIONS["2"], "3")
        score = anna.score
        anna.click(BONE, "2")
        assert anna.score != score
        bela.after(lambda: bela.page.keyboard.press("Control+z"))
        assert "Nothing" not in bela.said
        assert bela.errors == []
        anna.after(lambda: anna.page.keyboard.press("Control+z"))
        assert anna.score == score
    assert not labels_of(project, "Béla")["cac"].any()


def test_nobody_without_the_session_gets_in(server: AnnotateServer, browser: Browser) -> None:
    context = browser.new_context()
    asked = context.request.post(f"{server.address}paraview/", headers={"Origin": "http://elsewhere.example"})
    assert asked.status == 403
    assert context.request.get(f"{server.address}cac/bench.js").status == 403
    assert context.request.get(f"{server.address}download/x/../../etc/passwd").status in (403, 404)
    context.close()


def test_every_key_and_step_can_be_reached_by_everybody(anna: BenchPage) -> None:
    anna.page.evaluate("document.querySelectorAll('.step').forEach((step) => (step.open = true))")
    results = axe.Axe().run(anna.page)
    assert results.violations_count == 0, results.generate_report()
    anna.page.keyboard.press("?")
    anna.page.wait_for_selector("#keys-title")
    results = axe.Axe().run(anna.page)
    assert results.violations_count == 0, results.generate_report()
    anna.page.keyboard.press("Escape")


def test_names_of_patients_are_nowhere(anna: BenchPage, server: AnnotateServer) -> None:
    shown = " ".join([anna.page.content(), anna.page.url, anna.page.title(), *server.said]).lower()
    assert not [word for word in PRIVATE if word in shown]


_COLOUR_AT = """
([x, y]) => {
  const picture = document.querySelector(".view-axial img");
  const box = picture.getBoundingClientRect();
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 1;
  const context = canvas.getContext("2d");
  const scale = picture.naturalWidth / box.width;
  context.drawImage(picture, (x - box.left) * scale, (y - box.top) * scale, 1, 1, 0, 0, 1, 1);
  return [...context.getImageData(0, 0, 1, 1).data];
}
"""
