"""From a click to the picture: views of Slicer core, rendered off-screen as the panel sets them up."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from CACAnnotationLib.scene.placement import ScanPlacement
from CACAnnotationLib.scene.reading_nodes import ReadingNodes
from CACAnnotationLib.scene.slice_views import SliceViews
from CACAnnotationLib.scene.volume_of_scan import volume_of_scan
from CACAnnotationLib.session.session import AnnotationSession
from CACAnnotationLib.store.label_store import LabelStore
from CACScoringLib.scans.ct_scan import CTScan
from CACScoringLib.schemes import label_scheme
from numpy.typing import NDArray
from off_screen import SliceDesk
from scoring import benchmark_scans
from session import CLICKS, places_of_lesions
from timing import Row

BUDGET_S = 0.080
LAYOUTS = {
    "one view": {"Red": (900, 700)},
    "four views": {"Red": (560, 430), "Yellow": (560, 430), "Green": (560, 430), "Blue": (560, 430)},
}
_ARTERIES = [label.name for label in label_scheme().arteries]


class PlainViews:
    """Views of a CT and nothing else."""

    def __init__(self, scan: CTScan, sizes: dict[str, tuple[int, int]]) -> None:
        self.desk = SliceDesk(**sizes)
        self.volume = volume_of_scan(self.desk.scene, scan, "CT")
        self.placement = ScanPlacement(scan, self.volume)
        self.views = SliceViews(self.desk.core.app_logic)
        for name in sizes:
            self.desk.composite(name).SetBackgroundVolumeID(self.volume.GetID())
        self.views.show_whole(self.volume)

    def go(self, ijk: NDArray[np.intp]) -> None:
        """Show a place, and draw it."""
        self.views.jump(self.placement.world_of(ijk))
        self.desk.render()


class ReadingViews(PlainViews):
    """Views of a session, as the panel sets them up."""

    def __init__(self, scan: CTScan, sizes: dict[str, tuple[int, int]], folder: Path) -> None:
        super().__init__(scan, sizes)
        store = LabelStore.open(folder / "labels.sqlite")
        reading = store.reading("1", scan.geometry.shape, "Anna", 1)
        self.session = AnnotationSession(scan, reading, label_scheme())
        desk = self.desk
        parts = desk.scene, desk.segmentations, desk.colours
        nodes = ReadingNodes(*parts, self.session, self.placement, "Anna")
        self.views.show(self.volume, nodes.candidates.node)

    def click(self, ijk: NDArray[np.intp], label: str) -> None:
        """Label a lesion, score the scan, and draw it."""
        self.session.calcium.click(ijk, label)
        self.session.scores  # noqa: B018
        self.desk.render()


def rendering_rows() -> Iterator[Row]:
    """Time clicks and slice changes until they are drawn, as 95th percentiles, on the largest scan there is.

    The baseline is another slice of the CT and nothing else in such views, each time in turn.
    """
    *_, (name, scan, _) = benchmark_scans()
    for layout, sizes in LAYOUTS.items():
        with tempfile.TemporaryDirectory() as folder:
            yield from _rows_of(
                f"{name}, {layout}", PlainViews(scan, sizes), ReadingViews(scan, sizes, Path(folder))
            )


def _rows_of(name: str, plain: PlainViews, reading: ReadingViews) -> Iterator[Row]:
    places = places_of_lesions(reading.session, np.random.default_rng(0))
    for first, state in enumerate(("first labels", "all labelled")):
        if state == "all labelled":
            _label_everything(reading.session)

        def click(number: int, first: int = first) -> None:
            reading.click(places[number], _ARTERIES[(number + first) % len(_ARTERIES)])

        plain_s, slice_s, click_s = _times(
            lambda number: plain.go(places[number]), lambda number: reading.go(places[number]), click
        )
        for what, measured_s in (("click to picture", click_s), ("slice to picture", slice_s)):
            what = f"{what}, {state}, 95th percentile"
            yield Row(what, name, BUDGET_S, measured_s, "another slice of the CT alone", plain_s)
    reading.desk.close()
    plain.desk.close()


def _label_everything(session: AnnotationSession) -> None:
    """Give every candidate a label, and every eighth slice regions of all arteries."""
    columns, rows, slices = session.desk.scan.geometry.size
    middle = np.array((columns, rows)) / 2
    angle = np.linspace(0, 2 * np.pi, 100)
    around = middle + np.stack([80 * np.cos(angle), 60 * np.sin(angle)], axis=1)
    for k in range(0, slices, 8):
        session.regions.contour(k, around)
        for number, artery in enumerate(_ARTERIES):
            session.regions.scribble(k, [(middle[0] + 12 * number, middle[1])], 1.5, artery)
    session.calcium.rest_is_other()


def _times(*actions: Callable[[int], object]) -> list[float]:
    """95th percentile of each of some actions done in turn, in the order of the places."""
    taken: list[list[float]] = [[] for _ in actions]
    for number in range(CLICKS):
        for action, times in zip(actions, taken, strict=True):
            start = time.perf_counter()
            action(number)
            times.append(time.perf_counter() - start)
    return [float(np.percentile(times, 95)) for times in taken]
