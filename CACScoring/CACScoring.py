"""3D Slicer module *CAC Scoring*: scores of a labelled scan, per artery.

What it imports needs NumPy and SciPy, which Slicer 5.10 and later bring, and nothing else.
"""

from pathlib import Path
from typing import Annotated

import numpy as np
import slicer
import vtk
from CACScoringLib.errors import CACError
from CACScoringLib.open_readings import OpenReading, open_readings
from CACScoringLib.panel.scoring_panel import ScoringPanel
from CACScoringLib.scene.comparison import VolumeComparison, compare_with, write_comparison
from CACScoringLib.scene.plots import Reading, show_artery_chart, show_histogram
from CACScoringLib.scene.results import VolumeResult, VolumeScorer, write_result
from CACScoringLib.scene.segmentations import show_labels
from CACScoringLib.scene.tables import read_column
from CACScoringLib.scene.volumes import scan_of_volume_node
from CACScoringLib.schemes import label_scheme
from CACScoringLib.scoring.protocol import PRESETS, ScoringProtocol, protocol_named
from CACScoringLib.scoring.risk import RISK_SCHEMES
from slicer import (
    vtkMRMLPlotChartNode,
    vtkMRMLScalarVolumeNode,
    vtkMRMLSegmentationNode,
    vtkMRMLTableNode,
)
from slicer.i18n import tr as _
from slicer.parameterNodeWrapper import Choice, WithinRange, parameterNodeWrapper
from slicer.ScriptedLoadableModule import (
    ScriptedLoadableModule,
    ScriptedLoadableModuleLogic,
    ScriptedLoadableModuleTest,
    ScriptedLoadableModuleWidget,
)
from slicer.util import VTKObservationMixin


class CACScoring(ScriptedLoadableModule):
    """What Slicer shows of the module before it is opened."""

    def __init__(self, parent):
        ScriptedLoadableModule.__init__(self, parent)
        self.parent.title = _("CAC Scoring")
        self.parent.categories = ["Cardiac"]
        self.parent.dependencies = ["Segmentations", "Tables", "Plots"]
        self.parent.contributors = ["CoronaryCalcium developers"]
        self.parent.helpText = _(
            "<p>Scores labelled coronary calcium per artery: Agatston, volume, mass and density, with risk "
            "category and review state.</p>"
            "<p>Choose a volume and a segmentation whose segments are named LAD, LCX, RCA, LM and OTHER; "
            "the scores follow every change. A scan that is open in <i>CAC Annotation</i> is followed there, "
            "and a lesion's artery can be corrected in the table. A zero is shown as one only once every "
            "slice is signed off.</p>"
            "<p>Scores, lesions and plots are nodes of the scene and are saved with it.</p>"
            "<p><b>For research use only; not a medical device.</b></p>"
        )
        self.parent.acknowledgementText = _(
            "Scoring follows Agatston 1990 and the protocols of the published work that each preset names."
        )
        slicer.app.connect("startupCompleted()", self._register_sample_data)

    def _register_sample_data(self):
        from CACScoringLib.panel.sample_data import register_sample_data

        register_sample_data(Path(self.resourcePath("Icons")))


@parameterNodeWrapper
class CACScoringParameterNode:
    """The panel's inputs and settings, kept with the scene."""

    volume: vtkMRMLScalarVolumeNode
    labels: vtkMRMLSegmentationNode
    secondLabels: vtkMRMLSegmentationNode  # noqa: N815 (Slicer's way to write parameters)
    showDifferences: bool = True  # noqa: N815
    reportTitle: str = ""  # noqa: N815
    protocol: Annotated[str, Choice(list(PRESETS))] = "agatston"
    riskScheme: Annotated[str, Choice(list(RISK_SCHEMES))] = "standard"  # noqa: N815
    threshold: Annotated[float, WithinRange(-1024, 3071)] = 130.0
    massFactor: Annotated[float, WithinRange(0, 99)] = 0.0  # noqa: N815


class CACScoringWidget(ScriptedLoadableModuleWidget, VTKObservationMixin):
    """The panel: ties the widgets of the ``.ui`` file to the scene's parameters."""

    def __init__(self, parent=None):
        ScriptedLoadableModuleWidget.__init__(self, parent)
        VTKObservationMixin.__init__(self)
        self.logic = None
        self.panel = None
        self._widget = None
        self._parameters = None
        self._gui_tag = None

    def setup(self):
        """Build the panel when it is first opened."""
        ScriptedLoadableModuleWidget.setup(self)
        self._widget = slicer.util.loadUI(self.resourcePath("UI/CACScoring.ui"))
        self.layout.addWidget(self._widget)
        self.ui = slicer.util.childWidgetVariables(self._widget)
        self._widget.setMRMLScene(slicer.mrmlScene)
        self.logic = CACScoringLogic()
        self.panel = ScoringPanel(self.ui, self.logic)
        self.ui.volumeSelector.connect("nodeActivated(vtkMRMLNode*)", self.panel.volume_chosen)
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.StartCloseEvent, self._on_scene_start_close)
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.EndCloseEvent, self._on_scene_there)
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.StartImportEvent, self._on_scene_start_import)
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.EndImportEvent, self._on_scene_there)
        if self.parent.isEntered:
            # The module was reloaded while it was shown.
            self.enter()

    def cleanup(self):
        """Let go of the scene when Slicer closes or the module is reloaded."""
        self._observe(None)
        self.removeObservers()
        if self.panel is not None:
            self.panel.stop()
            # The widgets of a module that is reloaded live on, hidden; their selectors let go of the scene.
            self._widget.setMRMLScene(None)

    def enter(self):
        """Follow the scene's parameters while the panel is open."""
        self._observe(self.logic.getParameterNode())
        self.panel.enter()

    def exit(self):
        """Leave the parameters alone while another module is open."""
        self._observe(None)
        self.panel.exit()

    def _on_scene_start_close(self, _caller, _event):
        self._observe(None)
        self.panel.scene_closes()

    def _on_scene_start_import(self, _caller, _event):
        # What selectors show while nodes come one by one is nobody's choice.
        self._observe(None)

    def _on_scene_there(self, _caller, _event):
        # A scene that was loaded brings parameters of its own.
        if self.parent.isEntered:
            self._observe(self.logic.getParameterNode())

    def _observe(self, parameters):
        if self._parameters is not None:
            self._parameters.disconnectGui(self._gui_tag)
            self.removeObserver(self._parameters, vtk.vtkCommand.ModifiedEvent, self._on_parameters)
        self._parameters = parameters
        if parameters is not None:
            self._gui_tag = parameters.connectGui(self.ui)
            self.addObserver(parameters, vtk.vtkCommand.ModifiedEvent, self._on_parameters)
        if self.panel is not None:
            # Slicer cleans up a panel that could not be built, too.
            self.panel.parameters_are(parameters)

    def _on_parameters(self, _caller, _event):
        self.panel.parameters_changed()


class CACScoringLogic(ScriptedLoadableModuleLogic):
    """What the panel does, for scripts too."""

    def __init__(self, parent=None):
        ScriptedLoadableModuleLogic.__init__(self, parent)
        self._scorer = VolumeScorer()

    def getParameterNode(self):  # noqa: N802 (Slicer's name)
        """Return the scene's parameters for this module."""
        return CACScoringParameterNode(super().getParameterNode())

    def forget(self) -> None:
        """Let go of the last volume's memory."""
        self._scorer.forget()

    def reading_of(self, volume: vtkMRMLScalarVolumeNode | None) -> OpenReading | None:
        """Return the reading that is open on a volume; None if nobody reads it."""
        return None if volume is None else open_readings.find(volume.GetID())

    def score(
        self,
        volume: vtkMRMLScalarVolumeNode,
        labels: vtkMRMLSegmentationNode | None,
        protocol: str | ScoringProtocol = "agatston",
    ) -> vtkMRMLTableNode:
        """Score a volume into its score table, which is made if there is none; lesions go into another.

        Parameters
        ----------
        volume
            The CT.
        labels
            Segments named as the labels of the scheme; None for a scan that nobody labelled. A reading that
            is open on the volume is scored instead, by its own protocol.
        protocol
            A protocol, or the name of a preset.

        Raises
        ------
        CACError
            If the volume cannot be scored or the labels do not belong to it.
        """
        return self.write(volume, labels, self.result(volume, labels, protocol))

    def result(
        self,
        volume: vtkMRMLScalarVolumeNode,
        labels: vtkMRMLSegmentationNode | None,
        protocol: str | ScoringProtocol = "agatston",
    ) -> VolumeResult:
        """Score as :meth:`score` does, and write nothing into the scene."""
        rules = protocol_named(protocol) if isinstance(protocol, str) else protocol
        return self._scorer.result(slicer.mrmlScene, volume, labels, self.reading_of(volume), rules)

    def write(
        self,
        volume: vtkMRMLScalarVolumeNode,
        labels: vtkMRMLSegmentationNode | None,
        result: VolumeResult,
    ) -> vtkMRMLTableNode:
        """Write a result into the volume's tables and charts; returns the score table."""
        return write_result(slicer.mrmlScene, volume, result, None if self.reading_of(volume) else labels)

    def compare(
        self, volume: vtkMRMLScalarVolumeNode, result: VolumeResult, second: vtkMRMLSegmentationNode
    ) -> VolumeComparison:
        """Compare a result with a second segmentation, into nodes that belong to the volume.

        Raises
        ------
        CACError
            If there is nothing to compare, or the second segmentation does not belong to the volume.
        """
        comparison = compare_with(result, second)
        logic = slicer.modules.segmentations.logic()
        write_comparison(slicer.mrmlScene, volume, result, comparison, logic)
        return comparison

    def chart(
        self, volume: vtkMRMLScalarVolumeNode, result: VolumeResult, which: str
    ) -> vtkMRMLPlotChartNode:
        """Draw the chart ``"arteries"`` or ``"histogram"`` of a volume, which follows its labels then."""
        scores = result.scored.scores
        if which == "arteries":
            return show_artery_chart(slicer.mrmlScene, volume, [Reading(_("Labels"), scores)])
        return show_histogram(slicer.mrmlScene, volume, scores, result.distribution)


class CACScoringTest(ScriptedLoadableModuleTest):
    """Self-test in Slicer: a cube of calcium in the LAD."""

    def setUp(self):
        """Begin with an empty scene."""
        slicer.mrmlScene.Clear()

    def runTest(self):  # noqa: N802 (Slicer's name)
        """Run all tests."""
        for test in (self.test_score_of_a_cube, self.test_labels_of_another_grid_are_refused):
            self.setUp()
            test()

    def test_score_of_a_cube(self):
        """Two slices of 4 x 4 pixels of 1 mm² at 450 HU weigh 4: Agatston 128, until then no score."""
        volume, labels = self._cube()
        logic = CACScoringLogic()
        table = logic.score(volume, None)
        assert read_column(table, "review")[0] == "not reviewed, 0 of 5 slices"
        assert read_column(table, "agatston")[0] is None
        assert logic.score(volume, labels) is table
        assert read_column(table, "agatston")[0] == 128
        assert read_column(table, "review")[0] == "reviewed, 5 of 5 slices"

    def test_labels_of_another_grid_are_refused(self):
        """Labels that do not belong to the volume are an error that says so, not a score."""
        _volume, labels = self._cube()
        other = slicer.util.addVolumeFromArray(np.zeros((5, 10, 10), np.int16))
        try:
            CACScoringLogic().score(other, labels)
        except CACError:
            return
        raise AssertionError("labels of another grid were scored")

    def _cube(self):
        hu = np.full((5, 20, 20), -50, np.int16)
        hu[1:3, 5:9, 5:9] = 450
        volume = slicer.util.addVolumeFromArray(hu, ijkToRAS=np.diag([-1.0, -1.0, 3.0, 1.0]))
        segmentation = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode")
        values = np.where(hu == 450, label_scheme()["LAD"].value, 0).astype(np.uint8)
        geometry = scan_of_volume_node(volume).geometry
        show_labels(values, geometry, segmentation, volume, slicer.modules.segmentations.logic())
        return volume, segmentation
