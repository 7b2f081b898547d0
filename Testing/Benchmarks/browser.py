"""From the mouse to the picture in a browser: the workbench beside trame-slicer's own viewer."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from CACScoringLib.candidates.candidates import find_candidates
from CACScoringLib.scans.ct_scan import CTScan
from numpy.typing import NDArray
from playwright.sync_api import Page, sync_playwright
from scoring import benchmark_scans
from timing import Row
from workbench_browser import CHROMIUM, SIZE, AnnotateServer, xy_in_whole_view

ACTIONS = 30
MOST_TIMES_BARE = 1.1
"""A click may take so many times what the bare viewer takes for another slice."""
_SEEN_VOXELS = 15
_QUIET_MS = 400
"""So long after the last picture, the one of better quality has come as well."""

# From the event in the page to the first picture that differs around a place; in ms.
_WATCH = """
(area) => {
  const picture = () => document.querySelector(`${area} img`);
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 24;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const look = (x, y) => {
    const shown = picture();
    const box = shown.getBoundingClientRect();
    const scale = shown.naturalWidth / box.width;
    context.drawImage(shown, (x - box.left) * scale - 12, (y - box.top) * scale - 12, 24, 24, 0, 0, 24, 24);
    return context.getImageData(0, 0, 24, 24).data.slice();
  };
  const watch = (window.watch = { pictures: 0 });
  const began = (event) => {
    if (watch.armed) [watch.armed, watch.start] = [false, performance.now()];
  };
  for (const kind of ["pointerdown", "mousedown", "wheel"]) window.addEventListener(kind, began, true);
  document.addEventListener("load", (event) => {
    if (event.target !== picture()) return;
    watch.pictures += 1;
    if (watch.start === undefined || watch.taken !== undefined) return;
    const now = look(watch.x, watch.y);
    const changed = new Set();
    now.forEach((each, index) => Math.abs(each - watch.before[index]) > 50 && changed.add(index >> 2));
    if (changed.size >= watch.least) watch.taken = performance.now() - watch.start;
  }, true);
  watch.arm = (x, y, least) => {
    Object.assign(watch, { x, y, least, before: look(x, y), armed: true });
    watch.start = watch.taken = undefined;
  };
}
"""


def browser_rows() -> Iterator[Row]:
    """Time clicks from the mouse to the picture, and the wheel in the bare viewer, each in turn."""
    *_, (name, scan, _) = benchmark_scans()
    with tempfile.TemporaryDirectory() as folder:
        volume = Path(folder, "ct.nrrd")
        sitk.WriteImage(scan.geometry.to_image(scan.hu), str(volume))
        with _pages(volume) as (workbench, bare):
            clicks, wheels, bare_wheels = _times(scan, workbench, bare)
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg()[:2])
    for what, taken in (
        ("click to picture in the browser", clicks),
        ("wheel to picture in the browser", wheels),
    ):
        for share, percent in (("median", 50), ("95th percentile", 95)):
            bare_s = float(np.percentile(bare_wheels, percent)) / 1000
            yield Row(
                f"{what}, {share}",
                f"{name}, four views, load {load}",
                MOST_TIMES_BARE * bare_s,
                float(np.percentile(taken, percent)) / 1000,
                "wheel in the bare viewer",
                bare_s,
            )


@contextmanager
def _pages(volume: Path) -> Iterator[tuple[Page, Page]]:
    """Pages of both programs, which run at the same time: a noisy machine slows both."""
    viewer = subprocess.Popen(
        [sys.executable, Path(__file__).with_name("bare_viewer.py"), volume],
        stdout=subprocess.PIPE,
        text=True,
    )
    server = AnnotateServer(volume)
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(**CHROMIUM)
            workbench, bare = (browser.new_page(viewport=SIZE) for _ in range(2))
            workbench.goto(server.address)
            workbench.fill("#reader", "Bench", timeout=120_000)
            workbench.keyboard.press("Enter")
            workbench.wait_for_selector(".head-labels", timeout=120_000)
            workbench.wait_for_selector(".curtain.waiting", state="detached", timeout=120_000)
            workbench.keyboard.press("Escape")
            bare.goto(f"http://127.0.0.1:{_port_of(viewer)}/index.html")
            bare.wait_for_selector("[class*=layout-grid-item] img", timeout=120_000)
            yield workbench, bare
    finally:
        viewer.terminate()
        viewer.wait()
        server.stop()


def _times(scan: CTScan, workbench: Page, bare: Page) -> tuple[list[float], list[float], list[float]]:
    """Times of clicks, of the wheel, and of the wheel in the bare viewer, in ms."""
    workbench.evaluate(_WATCH, ".view-axial")
    bare.evaluate(_WATCH, ".layout-grid-item")
    workbench.click("[aria-label='Show the whole field']")
    places = _places(scan)
    clicks, wheels, bare_wheels = [], [], []
    for number, (i, j, k) in enumerate(places):
        workbench.evaluate("(k) => window.trame.trigger('act', ['go_to_slice', k])", int(k))
        workbench.keyboard.press(str(2 + number % 3))
        _wait_until_quiet(workbench)
        box = workbench.locator(".view-axial img").bounding_box()
        assert box is not None
        x, y = xy_in_whole_view(box, scan.geometry, (i, j))
        clicks.append(_time(workbench, x, y, 4, lambda x=x, y=y: workbench.mouse.click(x, y)))
        # Towards the middle of the scan: at its ends the wheel does nothing.
        wheels.append(_wheel(workbench, ".view-axial img", 1 if 2 * k > scan.geometry.size[2] else -1))
        bare_wheels.append(_wheel(bare, ".layout-grid-item img", 1 if number % 2 else -1))
    return clicks, wheels, bare_wheels


def _wheel(page: Page, picture: str, turn: int) -> float:
    box = page.locator(picture).first.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    return _time(page, x, y, 0, lambda: page.mouse.wheel(0, 100 * turn))


def _time(page: Page, x: float, y: float, least: float, action: Callable[[], object]) -> float:
    """Time an action until ``least`` pixels around a place have clearly changed, in ms.

    Nothing else has a view drawn then, so that for another slice the first picture will do.
    """
    page.mouse.move(x, y)
    _wait_until_quiet(page)
    page.evaluate("([x, y, least]) => window.watch.arm(x, y, least)", [x, y, least])
    action()
    return page.wait_for_function("window.watch.taken", timeout=10_000).json_value()


def _wait_until_quiet(page: Page) -> None:
    before = -1
    while before != (before := page.evaluate("window.watch.pictures")):
        page.wait_for_timeout(_QUIET_MS)


def _places(scan: CTScan) -> NDArray[np.intp]:
    """Column, row and slice of lesions that can be seen in a slice, and are no bone."""
    candidates = find_candidates(scan)
    seen = []
    for each in np.flatnonzero((candidates.voxels >= _SEEN_VOXELS) & (candidates.voxels < 5000)):
        slices, rows, columns = np.unravel_index(candidates.voxels_of(each), candidates.geometry.shape)
        there = np.flatnonzero(slices == np.bincount(slices).argmax())
        if len(there) >= _SEEN_VOXELS:
            middle = there[len(there) // 2]
            seen.append((columns[middle], rows[middle], slices[middle]))
    return np.random.default_rng(0).choice(seen, ACTIONS, replace=len(seen) < ACTIONS)


def _port_of(program: subprocess.Popen[str]) -> int:
    assert program.stdout is not None
    for line in program.stdout:
        if line.startswith("listening "):
            return int(line.split()[1])
    raise RuntimeError("the bare viewer did not start")
