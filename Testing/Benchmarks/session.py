"""A reader's clicks and strokes: labels on the disk, scores and the scene brought up to date."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from CACAnnotationLib.scene.placement import ScanPlacement
from CACAnnotationLib.scene.reading_nodes import ReadingNodes
from CACAnnotationLib.session.session import AnnotationSession
from CACAnnotationLib.store.label_store import LabelStore
from CACScoringLib.scans.ct_scan import CTScan
from CACScoringLib.scene.segmentations import show_labels
from CACScoringLib.schemes import label_scheme
from numpy.typing import NDArray
from plain import plain_scores
from scene_nodes import Scene
from scoring import benchmark_scans
from timing import Row

CLICK_BUDGET_S, STROKE_BUDGET_S = 0.020, 0.030
CLICKS = 60
_BRUSH_MM = 1.5


def session_rows() -> Iterator[Row]:
    """Time clicks on lesions, undo and strokes on each scan; all figures are 95th percentiles.

    The baseline does for each click what a module without differences would: it writes the whole label map
    into the scene and scores one lesion after the other.
    """
    for name, scan, _ in benchmark_scans():
        yield from _rows_of(name, scan)


def _rows_of(name: str, scan: CTScan) -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        reading = LabelStore.open(Path(folder) / "labels.sqlite").reading("1", scan.geometry.shape, "Anna", 1)
        session = AnnotationSession(scan, reading, label_scheme())
        mrml = Scene()
        volume = mrml.volume(scan.hu, scan.geometry.ijk_to_ras)
        placement = ScanPlacement(scan, volume)
        ReadingNodes(mrml.scene, mrml.segmentations, None, session, placement, "Anna")
        plain_node = mrml.add("Segmentation")
        protocol = session.desk.protocol

        def written_whole() -> None:
            plain_scores(scan, session.desk.layers["cac"], protocol)
            show_labels(session.desk.layers["cac"], scan.geometry, plain_node, volume, mrml.segmentations)

        rng = np.random.default_rng(0)
        places = places_of_lesions(session, rng)
        arteries = [label.name for label in label_scheme().arteries]

        def click(number: int) -> None:
            session.calcium.click(places[number], arteries[number % len(arteries)])

        def scribble(number: int) -> None:
            path = np.cumsum(rng.normal(0, 3, (20, 2)), axis=0) + np.array(scan.geometry.size[:2]) / 2
            session.regions.scribble(number % len(scan.values), path, _BRUSH_MM, "LAD")

        def contour(number: int) -> None:
            angle = np.linspace(0, 2 * np.pi, 100)
            middle = np.array(scan.geometry.size[:2]) / 2
            path = middle + np.stack([80 * np.cos(angle), 60 * np.sin(angle)], axis=1)
            session.regions.contour(number % len(scan.values), path)

        for what, action, budget_s in (
            ("click: label, score and scene", click, CLICK_BUDGET_S),
            ("undo of a click", lambda _: session.undo(), CLICK_BUDGET_S),
            ("contour: region map and scene", contour, STROKE_BUDGET_S),
            ("scribble: region map and scene", scribble, STROKE_BUDGET_S),
        ):
            taken, plain = _times(session, action, written_whole)
            yield Row(f"{what}, 95th percentile", name, budget_s, taken, "everything anew", plain)


def _times(
    session: AnnotationSession, action: Callable[[int], object], baseline: Callable[[], object]
) -> tuple[float, float]:
    """95th percentile of an action, scores included, and median of the baseline between its runs."""
    taken, plain = [], []
    for number in range(CLICKS):
        start = time.perf_counter()
        action(number)
        session.scores  # noqa: B018
        taken.append(time.perf_counter() - start)
        if number % 10 == 0:
            start = time.perf_counter()
            baseline()
            plain.append(time.perf_counter() - start)
    return float(np.percentile(taken, 95)), statistics.median(plain)


def places_of_lesions(session: AnnotationSession, rng: np.random.Generator) -> NDArray[np.intp]:
    """Column, row and slice of a voxel of some lesions, none of them a table or a skeleton."""
    candidates = session.desk.candidates
    small = np.flatnonzero(candidates.voxels < 5000)
    chosen = rng.choice(small, CLICKS)
    first = [candidates.voxels_of(each)[0] for each in chosen]
    return np.stack(np.unravel_index(first, candidates.geometry.shape)[::-1], axis=1)
