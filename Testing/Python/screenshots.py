"""Pictures of the two Slicer modules at work, in the stand-in for Slicer's desktop (``make screenshots``).

A synthetic scan is half labelled by clicks and strokes at the places of its truth, and the demo model
proposes the rest. The pictures go where the README shows them.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import numpy as np
from annotation_desk import AnnotationDesk
from CACScoringLib.schemes import label_scheme
from desktop import start_display

PICTURES = Path(__file__).parents[2] / "Resources" / "Screenshots"
SEED, SLICE = 7, 30
"""A patient with calcium in three arteries, and a slice that shows all of them."""
SIZE = (1600, 960)
PASSES = 4


def main() -> None:
    """Make both pictures."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        cohort = Path(folder) / "cohort"
        subprocess.run(["cac", "phantom", str(cohort), "--seed", str(SEED), "--calcium"], check=True)
        start_display()
        from SlicerStandIn import start

        stand_in = start(size=SIZE)
        desk = AnnotationDesk(stand_in, Path(folder))
        _open(desk, cohort)
        _label(desk, _truth(cohort / "scan-0001"))
        stand_in.screenshot(PICTURES / "annotation.png")
        _score(desk)
        stand_in.screenshot(PICTURES / "scoring.png")
        stand_in.stop()


def _truth(scan: Path) -> np.ndarray:
    import SimpleITK as sitk

    return sitk.GetArrayFromImage(sitk.ReadImage(str(scan / "cac.nrrd")))


def _open(desk: AnnotationDesk, cohort: Path) -> None:
    desk.begin("Dr. Example")
    desk.dialogs.answer(str(cohort))
    desk.hands.click(desk.ui.addScansButton)
    desk.hands.click_cell(desk.ui.scanTable, 0, 0, double=True)
    desk.hands.settle(200)


def _label(desk: AnnotationDesk, truth: np.ndarray) -> None:
    """Label the lesions of two arteries, draw regions in the slice, and let the model propose the rest."""
    scheme = label_scheme()
    centre: dict[str, np.ndarray] = {}
    for key, name in (("2", "LAD"), ("4", "RCA")):
        desk.key(key)
        seen: set[int] = set()
        for k, j, i in np.argwhere(truth == scheme[name].value):
            lesion = desk.scan.session.desk.candidates.lesion_at((int(i), int(j), int(k)))
            if lesion is not None and lesion not in seen:
                seen.add(lesion)
                desk.click((int(i), int(j), int(k)))
        centre[name] = np.argwhere(truth[SLICE] == scheme[name].value).mean(axis=0)[::-1]
    desk.go((*map(round, centre["LAD"]), SLICE))  # type: ignore[arg-type]
    desk.key("s")
    for key, name in (("2", "LAD"), ("4", "RCA")):
        desk.key(key)
        i, j = centre[name]
        desk.drag([(i - 6, j - 10, SLICE), (i, j, SLICE), (i + 2, j + 12, SLICE)])
    desk.ui.modelSection.collapsed = False
    desk.ui.regionSection.collapsed = True
    desk.ui.passesSpinBox.value = PASSES
    desk.hands.click(desk.ui.proposeScanButton)
    desk.hands.wait_for(lambda: not desk.scan.model.busy, 600)
    desk.key("c")
    desk.ui.threeDButton.checked = True
    desk.scan.go_to_slice(SLICE)
    desk.hands.settle(300)


def _score(desk: AnnotationDesk) -> None:
    """Accept what is proposed, and see what it scores."""
    desk.hands.click(desk.ui.acceptScanButton)
    desk.stand_in.open_module("CACScoring")
    desk.hands.settle(800)


if __name__ == "__main__":
    main()
