"""From the mouse in a slice view to the session: what a click and a stroke do with the tool in hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
from CACScoringLib.errors import CACError
from numpy.typing import NDArray

from ..scene.placement import ScanPlacement
from ..scene.slice_views import is_parallel
from ..scene.view_pointer import PointedPlace
from ..session.calcium import Exclusion, Reach
from ..session.picking import NEAR_MM, ViewStroke, candidate_near
from ..session.session import AnnotationSession
from .tools import Tool, ToolBox
from .words import _

Say = Callable[[str], object]

_EXCLUSIONS = {Tool.STENT: Exclusion.STENT, Tool.METAL: Exclusion.METAL}
_BEYOND_MM3 = 5000.0
"""Calcium of one artery, in mm³, beyond which something else was labelled: a score of about 6000."""
_SAME_PLANE_MM, _UNTURNED = 0.01, 1 - 1e-6
"""Distance and cosine up to which places of a stroke lie in one plane."""
_IN_SLICE = 0.75
"""Places this near to the middle of a slice, in slices, belong to it."""


class Hand:
    """Does what a reader does with the mouse; every refusal is a sentence.

    Places come from views: a click may be given in any of them, regions are drawn in the scan's own slices.

    Parameters
    ----------
    session, placement
        The session, and where its scan lies.
    tools
        The tool in hand.
    say
        Told what happened, or why nothing did.
    """

    def __init__(
        self, session: AnnotationSession, placement: ScanPlacement, tools: ToolBox, say: Say
    ) -> None:
        self._session, self._placement, self._tools, self._say = session, placement, tools, say

    def click(self, place: PointedPlace) -> None:
        """Click: Ctrl takes the part in this slice, Alt clears."""
        with sentences(self._say):
            ijk = self._placement.ijk_of(place.world_mm)
            found = candidate_near(self._session.desk.candidates, ijk)
            if found is None:
                self._say(
                    _("No candidate here: nothing of {hu:g} HU or more within {near} mm").format(
                        hu=self._session.desk.protocol.threshold_hu, near=NEAR_MM
                    )
                )
            elif self._tools.tool in _EXCLUSIONS:
                self._keep_out(ijk, found, _EXCLUSIONS[self._tools.tool])
            else:
                self._label(ijk, found, place)

    def stroke(self, tool: Tool, places: list[PointedPlace]) -> None:
        """Draw with a tool: with Alt the brush clears, and the scribble erases."""
        with sentences(self._say):
            if not _in_one_plane(places):
                raise CACError(_("the view moved while you drew: nothing was labelled, draw it again"))
            if tool.draws_regions:
                self._draw(tool, places)
            elif tool is Tool.LASSO:
                self._lasso(places)
            else:
                self._brush(places)

    def accept_lesion(self, place: PointedPlace) -> None:
        """Accept what is proposed for the lesion at a place."""
        with sentences(self._say):
            ijk = self._placement.ijk_of(place.world_mm)
            done = self._session.proposals.accept_lesion(ijk)
            self._say(
                _("Proposal accepted") if done else _("Nothing is proposed here that is not labelled so")
            )

    def reject_lesion(self, place: PointedPlace) -> None:
        """Say that the lesion at a place is no coronary calcium."""
        with sentences(self._say):
            ijk = self._placement.ijk_of(place.world_mm)
            done = self._session.proposals.reject_lesion(ijk)
            self._say(_("Proposal rejected: OTHER") if done else _("Nothing is proposed here to be rejected"))

    def _label(self, ijk: NDArray[np.float64], found: int, place: PointedPlace) -> None:
        calcium, label = self._session.calcium, self._session.active
        reach = Reach.SLICE if place.ctrl else Reach.LESION
        lesion = self._session.desk.candidates[found]
        what = _("{volume:.0f} mm³, peak {peak:.0f} HU").format(volume=lesion.volume_mm3, peak=lesion.peak_hu)
        if place.alt:
            done = calcium.clear(ijk, reach)
            cleared = _("Label cleared: {what}").format(what=what)
            self._say(cleared if done else _("This lesion has no label"))
        else:
            done = calcium.click(ijk, label, reach)
            already = _("This lesion is {label} already").format(label=label)
            self._say(self._questioned(f"{label}: {what}", label) if done else already)

    def _keep_out(self, ijk: NDArray[np.float64], found: int, why: Exclusion) -> None:
        desk, calcium = self._session.desk, self._session.calcium
        excluded = desk.layers["excluded"].reshape(-1)[desk.candidates.voxels_of(found)]
        if (excluded == why.value).all():
            calcium.include(ijk)
            self._say(_("This lesion counts again"))
        else:
            calcium.exclude(ijk, why)
            self._say(_("Kept out of the score: {why}").format(why=why.name.lower()))

    def _brush(self, places: list[PointedPlace]) -> None:
        calcium, label, radius_mm = self._session.calcium, self._session.active, self._tools.brush_mm / 2
        stroke = self._view_stroke(places)
        if places[0].alt:
            done = calcium.brush_clear(stroke, radius_mm)
            self._say(_("Labels cleared") if done else _("No labelled voxel under the brush"))
        else:
            done = calcium.brush(stroke, radius_mm, label)
            labelled = _("Voxels labelled {label}").format(label=label)
            self._say(labelled if done else _("No candidate voxel under the brush that changes"))

    def _lasso(self, places: list[PointedPlace]) -> None:
        label = self._session.active
        if self._session.calcium.lasso(self._view_stroke(places), label):
            self._say(self._questioned(self._what_the_lasso_took(label), label))
        else:
            self._say(_("No candidate inside the line that changes"))

    def _what_the_lasso_took(self, label: str) -> str:
        """Say how many lesions, how much, in which slices: more may lie inside than the view shows."""
        geometry = self._session.desk.scan.geometry
        action = self._session.desk.reading.done[-1]
        changed = [change for change in action.changes if change.layer == "cac"]
        slices = [index for change in changed for index in change.parts(geometry.shape)]
        volume_mm3 = sum(change.voxels.size for change in changed) * geometry.voxel_volume_mm3
        return _("{lesions} lesions {label}: {volume:.0f} mm³ in the slices {first} to {last}").format(
            lesions=action.details["lesions"],
            label=label,
            volume=volume_mm3,
            first=min(slices, default=0) + 1,
            last=max(slices, default=0) + 1,
        )

    def _questioned(self, said: str, label: str) -> str:
        """Add a question where an artery holds more than any artery does: bone is one click away."""
        scores = self._session.scores.arteries.get(label)
        if scores is None or scores.volume_mm3 <= _BEYOND_MM3:
            return said
        volume = _("{label} now holds {volume:.0f} cm³: is bone among it?").format(
            label=label, volume=scores.volume_mm3 / 1000
        )
        return f"{said}. {volume}"

    def _draw(self, tool: Tool, places: list[PointedPlace]) -> None:
        session, radius_mm = self._session, self._tools.scribble_mm / 2
        path = self._placement.ijk_of([place.world_mm for place in places])
        slice_index = self._slice_of(path, places[0].normal)
        if tool is Tool.CONTOUR:
            done = session.regions.contour(slice_index, path[:, :2])
        elif tool is Tool.ERASER or places[0].alt:
            done = session.regions.erase(slice_index, path[:, :2], radius_mm)
        else:
            done = session.regions.scribble(slice_index, path[:, :2], radius_mm, session.active)
        problems = session.regions.problems(slice_index)
        if problems:
            self._say(_sentence("; ".join(_(found.problem.value) for found in problems)))
        else:
            self._say("" if done else _("Nothing changed"))

    def _slice_of(self, path: NDArray[np.float64], normal: NDArray[np.float64]) -> int:
        """Slice that a path lies in.

        Raises
        ------
        CACError
            If it lies in none: it was drawn in a coronal view, or in one that is turned.
        """
        slice_index = round(float(path[:, 2].mean()))
        apart = np.abs(path[:, 2] - slice_index).max()
        if apart > _IN_SLICE or not is_parallel(normal, self._placement):
            raise CACError(_("regions are drawn in the axial view, along the scan's slices"))
        if not 0 <= slice_index < self._session.desk.scan.geometry.shape[0]:
            raise CACError(_("this place lies outside the scan"))
        return slice_index

    def _view_stroke(self, places: list[PointedPlace]) -> ViewStroke:
        points = self._placement.scan_ras_of([place.world_mm for place in places])
        return ViewStroke.of(points, self._placement.scan_normal_of(places[0].normal))


def _in_one_plane(places: list[PointedPlace]) -> bool:
    """Tell whether a view stayed where it was during a stroke: the keys and the wheel go on working."""
    normal = places[0].normal
    away_mm = [(place.world_mm - places[0].world_mm) @ normal for place in places]
    turned = any(normal @ place.normal < _UNTURNED for place in places)
    return not turned and float(np.abs(away_mm).max()) < _SAME_PLANE_MM


@contextmanager
def sentences(say: Say) -> Iterator[None]:
    """Turn an error of the session into a sentence."""
    try:
        yield
    except CACError as error:
        say(_sentence(str(error)))


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
