"""The panel of *CAC Scoring*: its parts, and when each is brought up to date."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import slicer
import slicer.util
from slicer.i18n import tr as _

from ..errors import CACError
from ..open_readings import OpenReading, open_readings
from ..scene.comparison import VolumeComparison
from ..scene.jumping import jump_to
from ..scene.label_search import find_labels
from ..scene.lesion_table import ShownLesion, lesion_table
from ..scene.results import VolumeResult
from ..scene.score_table import score_table, scored_labels
from ..scene.tables import read_column
from ..scoring.scores import lesion_voxels
from .comparison_view import ComparisonView
from .export_view import ExportView
from .followed_labels import FollowedLabels
from .lesion_view import LesionView, labels_of_scheme
from .plot_buttons import PlotButtons
from .score_view import ScoreView
from .settings_view import SettingsView


class ScoringPanel:
    """Follows the chosen volume's labels and shows what they score.

    While the module is not shown, only a reading that is open is followed, so that tables and charts beside
    the images keep up with it.

    Parameters
    ----------
    ui
        Widgets of the panel by name.
    logic
        The module's logic.
    """

    def __init__(self, ui: SimpleNamespace, logic: Any) -> None:
        self._ui, self._logic = ui, logic
        self._parameters: Any | None = None
        self._entered = False
        self._setting_changed = False
        self._followed_nodes: tuple[Any, Any, Any] = (None, None, None)
        self._result: VolumeResult | None = None
        self._settings = SettingsView(ui, lambda: self._parameters, self._on_setting)
        self._scores = ScoreView(ui)
        self._lesions = LesionView(ui, self._jump, self._relabel)
        self._comparison = ComparisonView(ui, self._jump)
        self._plots = PlotButtons(ui, self._chart)
        self._export = ExportView(ui, self._scored_now, lambda: self._followed_nodes[0], self._title)
        self._followed = FollowedLabels(open_readings, self._on_labels, self._on_reading)
        self._show_nothing()

    def enter(self) -> None:
        """Begin to show: an empty panel takes the volume that is read, or else the one in the views."""
        self._entered = True
        if self._parameters is not None and self._parameters.volume is None:
            self._parameters.volume = _volume_at_hand()
        self.parameters_changed()

    def exit(self) -> None:
        """End to show."""
        self._entered = False

    def stop(self) -> None:
        """Let go of everything, for good."""
        self._followed.stop()
        self._comparison.outline(None)
        self._export.stop()
        self._logic.forget()

    def scene_closes(self) -> None:
        """Let go of the scene's nodes."""
        self._followed.follow(None)
        self._followed.pause()
        self._followed_nodes = (None, None, None)
        self._logic.forget()
        self._plots.forget()
        self._show_nothing()

    def parameters_are(self, parameters: Any | None) -> None:
        """Take the scene's parameters; None while the panel is to leave them alone."""
        self._parameters = parameters
        # Filling the widgets told of changes that no reader made.
        self._setting_changed = False
        if parameters is not None:
            self._settings.describe_choices()
            self.parameters_changed()

    def parameters_changed(self) -> None:
        """Follow what is chosen now."""
        # While a scene is read, what is chosen may come before the nodes that it names.
        if self._parameters is None or slicer.mrmlScene.IsImporting() or slicer.mrmlScene.IsClosing():
            return
        volume = self._parameters.volume
        if volume is not None and volume is not self._followed_nodes[0]:
            # Telling of what follows comes back here.
            self._followed_nodes = (volume, None, None)
            with slicer.util.NodeModify(self._parameters):
                self._take_labels_of(volume)
        self._followed_nodes = (volume, self._parameters.labels, self._parameters.secondLabels)
        self._followed.follow(*self._followed_nodes)
        self._settings.show()
        self._followed.tell_soon()

    def volume_chosen(self, volume_node: Any) -> None:
        """Take the labels that belong to a volume the reader chose, if there are any."""
        found = find_labels(slicer.mrmlScene, volume_node) if volume_node is not None else None
        if self._parameters is not None and found is not None:
            self._parameters.labels = found

    def refresh(self) -> None:
        """Bring nodes and widgets up to date at once."""
        self._followed.pause()
        volume, labels, second = self._followed_nodes
        if volume is None:
            self._show_nothing()
            return
        reading = self._followed.reading
        if reading is None and labels is None and _stored_is_all(volume):
            self._result = None
            self._settings.show()
            self._show(volume, _("As scored last; the labels are not in this scene."))
            return
        try:
            self._agree_on_protocol(reading)
            self._result = self._logic.result(volume, labels, self._settings.protocol)
            self._logic.write(volume, labels, self._result)
        except CACError as error:
            self._result = None
            self._show_nothing(str(error))
            return
        if self._entered:
            # While the reader labels elsewhere, only what is seen there is kept up.
            self._show(volume, _source(reading, labels))
            self._compare(volume, second)

    def _take_labels_of(self, volume: Any) -> None:
        """Choose labels of a volume where there are none, or those of another volume."""
        parameters = self._parameters
        assert parameters is not None
        if parameters.labels is None or _is_of_another(parameters.labels, volume):
            parameters.labels = find_labels(slicer.mrmlScene, volume)
        if parameters.secondLabels is not None and _is_of_another(parameters.secondLabels, volume):
            parameters.secondLabels = None

    def _on_labels(self) -> None:
        if self._entered or self._followed.reading is not None:
            self.refresh()

    def _on_reading(self) -> None:
        self._setting_changed = False
        self._followed.tell_soon()

    def _on_setting(self) -> None:
        self._setting_changed = True
        self._followed.tell_soon()

    def _agree_on_protocol(self, reading: OpenReading | None) -> None:
        """Give a reading the settings that were changed here; otherwise show its own."""
        if reading is not None and self._parameters is not None:
            if self._setting_changed:
                reading.protocol = self._settings.protocol
            else:
                with slicer.util.NodeModify(self._parameters):
                    self._settings.adopt(reading.protocol)
        self._setting_changed = False
        self._settings.show()

    def _show(self, volume: Any, source: str) -> None:
        scene, reading = slicer.mrmlScene, self._followed.reading
        self._scores.show_problem("")
        self._scores.show(score_table(scene, volume), source)
        names = reading.scheme.names if reading is not None else ()
        self._lesions.show(lesion_table(scene, volume), labels_of_scheme(names))
        # A reading comes before whatever is chosen.
        self._ui.labelsSelector.enabled = reading is None
        self._plots.enable(self._result is not None)
        self._export.enable(scored=self._result is not None, shown=True)

    def _show_nothing(self, problem: str = "") -> None:
        self._scores.show_problem(problem)
        self._scores.show(None, "" if problem else _("Choose a volume."))
        self._lesions.show(None, ())
        self._comparison.show(None, None)
        self._comparison.outline(None)
        self._ui.labelsSelector.enabled = True
        self._plots.enable(False)
        self._export.enable(scored=False, shown=False)

    def _compare(self, volume: Any, second: Any | None) -> None:
        comparison: VolumeComparison | None = None
        problem = ""
        if second is not None and self._result is not None:
            try:
                comparison = self._logic.compare(volume, self._result, second)
            except CACError as error:
                problem = str(error)
        reading, labels = self._followed.reading, self._followed_nodes[1]
        first = reading.reader if reading is not None else labels.GetName() if labels is not None else ""
        names = (first, second.GetName() if second is not None else "")
        self._comparison.show(volume, comparison, names, problem[:1].upper() + problem[1:])
        self._comparison.outline(second if comparison is not None else None)
        wanted = self._parameters is None or self._parameters.showDifferences
        self._comparison.highlight(volume, comparison is not None and wanted)

    def _scored_now(self) -> VolumeResult:
        if self._followed.is_due():
            self.refresh()
        if self._result is None:
            raise CACError("there is nothing to export")
        return self._result

    def _title(self) -> str:
        volume = self._followed_nodes[0]
        title = self._parameters.reportTitle.strip() if self._parameters is not None else ""
        return title or (volume.GetName() if volume is not None else "")

    def _chart(self, which: str) -> Any | None:
        volume = self._followed_nodes[0]
        if volume is None or self._result is None:
            return None
        chart = self._logic.chart(volume, self._result, which)
        # A second reading stands beside the first.
        self._compare(volume, self._followed_nodes[2])
        return chart

    def _jump(self, centre_ras_mm: tuple[float, float, float]) -> None:
        jump_to(slicer.mrmlScene, centre_ras_mm)

    def _relabel(self, lesion: ShownLesion, label: str) -> None:
        """Give a lesion another artery, as an action of its reading; what is out of date is shown anew."""
        reading = self._followed.reading
        if reading is None:
            return
        known = {each.id: each for each in reading.scores.lesions}.get(lesion.lesion)
        if known is None or (known.artery, known.peak_hu) != (lesion.artery, lesion.peak_hu):
            self.refresh()
            return
        voxels = lesion_voxels(reading.scan, reading.counted, reading.protocol, lesion.lesion)
        try:
            reading.relabel(voxels, label)
        except CACError as error:
            slicer.util.errorDisplay(f"{str(error)[:1].upper()}{str(error)[1:]}.")
        self.refresh()


def _stored_is_all(volume: Any) -> bool:
    """Say whether the scene holds scores of labels that are not there."""
    table = score_table(slicer.mrmlScene, volume)
    if table is None or scored_labels(table) is not None:
        return False
    return (read_column(table, "agatston") or [None])[-1] is not None


def _is_of_another(labels: Any, volume: Any) -> bool:
    """Say whether a segmentation was made on another volume, as far as it knows."""
    made_on = labels.GetNodeReferenceID(labels.GetReferenceImageGeometryReferenceRole())
    return made_on is not None and made_on != volume.GetID()


def _source(reading: OpenReading | None, labels: Any | None) -> str:
    if reading is not None:
        return _("Follows the reading of {reader} in CAC Annotation.").format(reader=reading.reader)
    if labels is None:
        return _("Nobody labelled this volume yet: choose labels, or open it in CAC Annotation.")
    return _("Follows the segmentation {name}.").format(name=labels.GetName())


def _volume_at_hand() -> Any | None:
    """The volume that is read, or else the one that the views show."""
    for volume in slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode"):
        if open_readings.find(volume.GetID()) is not None:
            return volume
    for view in slicer.util.getNodesByClass("vtkMRMLSliceCompositeNode"):
        shown = slicer.mrmlScene.GetNodeByID(view.GetBackgroundVolumeID() or "")
        if shown is not None and shown.IsA("vtkMRMLScalarVolumeNode"):
            return shown
    return None
