"""The workbench in a browser: Debian's Chromium without a window, driven by Playwright."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from CACScoringLib.geometry import VolumeGeometry

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM: dict[str, Any] = {
    "executable_path": "/usr/bin/chromium",
    # It may be root's, and has nothing to look up outside.
    "args": [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
    ],
}
SIZE = {"width": 1280, "height": 720}
_PATIENCE_MS = 240_000
"""Ends what hangs; a machine with other work takes minutes for what takes seconds otherwise."""


@contextmanager
def started_chromium() -> Iterator[Browser]:
    """Run the browser as long as the block lasts."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        chromium = started.chromium.launch(**CHROMIUM)
        yield chromium
        chromium.close()


class AnnotateServer:
    """``cac annotate`` in a process of its own.

    Parameters
    ----------
    path
        What is served.
    options
        More of the command line.
    """

    def __init__(self, path: Path, *options: str) -> None:
        command = [Path(sys.executable).with_name("cac"), "annotate", path, "--port", "0", "--no-browser"]
        self._process = subprocess.Popen(
            [*command, *options], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self.said: list[str] = []
        self.address = self._read_address()

    @property
    def reader_pids(self) -> list[int]:
        """Processes of the readers."""
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        return [int(each) for each in children.read_text().split()]

    def stop(self) -> str:
        """End it as Ctrl-C does; returns all it said."""
        self._process.terminate()
        rest, _ = self._process.communicate(timeout=30)
        return "\n".join([*self.said, rest])

    def kill(self) -> None:
        """End it as a power cut does."""
        self._process.kill()
        self._process.communicate()

    def _read_address(self) -> str:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.said.append(line)
            if "http://" in line:
                return next(word for word in line.split() if word.startswith("http://"))
        raise RuntimeError(f"cac annotate ended with code {self._process.wait()}: {self.said}")


@contextmanager
def annotate_server(path: Path, *options: str) -> Iterator[AnnotateServer]:
    """Serve something as long as the block lasts."""
    server = AnnotateServer(path, *options)
    try:
        yield server
    finally:
        server.stop()


class BenchPage:
    """A reader's page.

    Parameters
    ----------
    page, address
        The page, and where the workbench is.
    geometry
        Of the scan that is read.
    """

    def __init__(self, page: Page, address: str, geometry: VolumeGeometry) -> None:
        self.page, self._address, self.geometry = page, address, geometry
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda message: message.type == "error" and self.errors.append(message.text))
        page.set_default_timeout(_PATIENCE_MS)

    def begin(self, reader: str) -> None:
        """Open the page, enter a name, wait for the first scan, and skip the tour."""
        self.page.goto(self._address)
        self.page.fill("#reader", reader)
        self.page.keyboard.press("Enter")
        self.wait_for_scan()
        self.page.click("text=Skip the tour")

    def wait_for_scan(self) -> None:
        """Wait until a scan is open, and nothing is under way."""
        self.page.wait_for_selector(".head-score")
        self.page.wait_for_selector(".curtain.waiting", state="detached")

    def act(self, *asked: object) -> None:
        """Ask for what a button would."""
        self.page.evaluate("(asked) => window.trame.trigger('act', asked)", list(asked))

    def show_slice(self, slice_index: int) -> None:
        """Go to a slice, in the whole field."""
        self.act("whole")
        self.act("go_to_slice", slice_index)
        self.page.wait_for_function("(k) => window.trame.state.get('strip').here === k", arg=slice_index)

    def xy(self, ij: Sequence[float]) -> tuple[float, float]:
        """Place in the page of a column and row of the axial view, which shows the whole field."""
        box = self.page.locator(".view-axial .area").bounding_box()
        assert box is not None
        return xy_in_whole_view(box, self.geometry, (ij[0], ij[1]))

    def click(self, ijk: Sequence[int], key: str) -> str:
        """Label the lesion at a place; returns what the page says."""
        self.show_slice(ijk[2])
        self.page.keyboard.press(key)
        return self.after(lambda: self.page.mouse.click(*self.xy(ijk)))

    def drag(self, places: Sequence[Sequence[float]]) -> str:
        """Draw through places of the axial view; returns what the page says."""

        def draw() -> None:
            self.page.mouse.move(*self.xy(places[0]))
            self.page.mouse.down()
            for place in places[1:]:
                self.page.mouse.move(*self.xy(place), steps=4)
            self.page.mouse.up()

        return self.after(draw)

    def after(self, action: Any) -> str:
        """Do something that is stored, wait until it is, and return what the page says."""
        before = self.stored
        action()
        self.page.wait_for_function(
            "(before) => document.querySelector('.head-saved span').title !== before", arg=before
        )
        return self.said

    @property
    def said(self) -> str:
        """What the page says happened last."""
        return self.page.locator(".said").inner_text()

    @property
    def stored(self) -> str:
        """What the page says is stored."""
        return self.page.locator(".head-saved span").first.get_attribute("title") or ""

    @property
    def score(self) -> str:
        """The score as it stands in the head, with its state."""
        return self.page.locator(".head-score").inner_text()


def xy_in_whole_view(box: Any, geometry: VolumeGeometry, ij: tuple[float, float]) -> tuple[float, float]:
    """Place in the page of a column and row of an axial scan, in a view that is fitted to its whole field."""
    columns, rows, _ = geometry.size
    across_mm, down_mm, _ = geometry.spacing_mm
    pixels_per_mm = min(box["width"] / (columns * across_mm), box["height"] / (rows * down_mm))
    x = box["x"] + box["width"] / 2 + (ij[0] - (columns - 1) / 2) * across_mm * pixels_per_mm
    y = box["y"] + box["height"] / 2 + (ij[1] - (rows - 1) / 2) * down_mm * pixels_per_mm
    return x, y
