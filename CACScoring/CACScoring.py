"""3D Slicer module *CAC Scoring*: scores of a labelled scan, per artery.

What it imports needs NumPy and SciPy, which Slicer 5.10 and later bring, and nothing else.
"""

from typing import Annotated

import numpy as np
import qt
import slicer
import vtk
from CACScoringLib.errors import CACError
from CACScoringLib.scene.score_table import COLUMN_TITLES, score_table, scores_to_table
from CACScoringLib.scene.segmentations import labels_of_segmentation, show_labels
from CACScoringLib.scene.volumes import scan_of_volume_node
from CACScoringLib.schemes import label_scheme
from CACScoringLib.scoring.protocol import PRESETS, protocol_named
from CACScoringLib.scoring.scored_scan import scored_scan
from CACScoringLib.scoring.table import MEASURES
from slicer import vtkMRMLScalarVolumeNode, vtkMRMLSegmentationNode, vtkMRMLTableNode
from slicer.i18n import tr as _
from slicer.parameterNodeWrapper import Choice, parameterNodeWrapper
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
        self.parent.dependencies = ["Segmentations", "Tables"]
        self.parent.contributors = ["CoronaryCalcium developers"]
        self.parent.helpText = _(
            "Scores labelled coronary calcium per artery: Agatston, volume, mass and density.<br>"
            "<b>For research use only; not a medical device.</b>"
        )
        self.parent.acknowledgementText = _(
            "Scoring follows Agatston 1990 and the protocols of the published work that each preset names."
        )


@parameterNodeWrapper
class CACScoringParameterNode:
    """The panel's inputs, kept with the scene."""

    volume: vtkMRMLScalarVolumeNode
    labels: vtkMRMLSegmentationNode
    protocol: Annotated[str, Choice(list(PRESETS))] = "agatston"


class CACScoringWidget(ScriptedLoadableModuleWidget, VTKObservationMixin):
    """The panel."""

    def __init__(self, parent=None):
        ScriptedLoadableModuleWidget.__init__(self, parent)
        VTKObservationMixin.__init__(self)
        self.logic = None
        self._parameters = None
        self._gui_tag = None

    def setup(self):
        """Build the panel when it is first opened."""
        ScriptedLoadableModuleWidget.setup(self)
        panel = slicer.util.loadUI(self.resourcePath("UI/CACScoring.ui"))
        self.layout.addWidget(panel)
        self.ui = slicer.util.childWidgetVariables(panel)
        panel.setMRMLScene(slicer.mrmlScene)
        self.logic = CACScoringLogic()
        self.ui.scoreButton.connect("clicked(bool)", self._on_score)
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.StartCloseEvent, self._on_scene_start_close)
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.EndCloseEvent, self._on_scene_end_close)
        self._observe(self.logic.getParameterNode())

    def cleanup(self):
        """Let go of the scene when Slicer closes or the module is reloaded."""
        self._observe(None)
        self.removeObservers()

    def enter(self):
        """Follow the scene's parameters while the panel is open."""
        self._observe(self.logic.getParameterNode())

    def exit(self):
        """Leave the parameters alone while another module is open."""
        self._observe(None)

    def _on_scene_start_close(self, _caller, _event):
        self._observe(None)

    def _on_scene_end_close(self, _caller, _event):
        if self.parent.isEntered:
            self._observe(self.logic.getParameterNode())

    def _observe(self, parameters):
        if self._parameters is not None:
            self._parameters.disconnectGui(self._gui_tag)
            self.removeObserver(self._parameters, vtk.vtkCommand.ModifiedEvent, self._update)
        self._parameters = parameters
        if parameters is not None:
            self._gui_tag = parameters.connectGui(self.ui)
            self.addObserver(parameters, vtk.vtkCommand.ModifiedEvent, self._update)
            self._update()

    def _update(self, _caller=None, _event=None):
        volume = self._parameters.volume
        self.ui.scoreButton.enabled = volume is not None
        self._show_scores(volume and score_table(slicer.mrmlScene, volume))

    def _on_score(self, _checked=False):
        try:
            with slicer.util.WaitCursor():
                self.logic.score(self._parameters.volume, self._parameters.labels, self._parameters.protocol)
        except CACError as error:
            slicer.util.errorDisplay(str(error))
        self._update()

    def _show_scores(self, table_node):
        """Show what the volume's score table holds, nothing where it was not scored."""
        shown = ("artery", *MEASURES, "review") if table_node else ()
        columns = [name for name in shown if table_node.GetColumnIndex(name) >= 0]
        rows = range(table_node.GetNumberOfRows() if table_node else 0)
        table = self.ui.scoresTable
        table.clear()
        table.setRowCount(len(rows))
        table.setColumnCount(len(columns))
        table.setHorizontalHeaderLabels([COLUMN_TITLES[name] for name in columns])
        for row in rows:
            for column, name in enumerate(columns):
                table.setItem(row, column, qt.QTableWidgetItem(_cell(table_node, row, name)))
        self.ui.summaryLabel.text = _summary(table_node) if table_node else ""
        self.ui.warningsLabel.text = _cell(table_node, rows[-1], "warnings") if table_node else ""


def _cell(table_node, row, name):
    text = table_node.GetCellText(row, table_node.GetColumnIndex(name))
    return "" if text == "nan" else text


def _summary(table_node):
    last = table_node.GetNumberOfRows() - 1
    review, protocol, risk = (
        _cell(table_node, last, name) for name in ("review", "protocol", "risk_category")
    )
    outcome = _("risk category {risk}").format(risk=risk) if risk else _("no scores yet")
    return _("{outcome}; {review}; protocol {protocol}").format(
        outcome=outcome, review=review, protocol=protocol
    )


class CACScoringLogic(ScriptedLoadableModuleLogic):
    """What the panel's buttons do, for scripts too."""

    def getParameterNode(self):  # noqa: N802 (Slicer's name)
        """Return the scene's parameters for this module."""
        return CACScoringParameterNode(super().getParameterNode())

    def score(
        self,
        volume: vtkMRMLScalarVolumeNode,
        labels: vtkMRMLSegmentationNode | None,
        protocol: str = "agatston",
    ) -> vtkMRMLTableNode:
        """Score a volume into its score table, which is made if there is none.

        Parameters
        ----------
        volume
            The CT.
        labels
            Segments named as the labels of the scheme; None for a scan that nobody labelled.
        protocol
            Name of a preset.

        Raises
        ------
        CACError
            If the volume cannot be scored or the labels do not belong to it.
        """
        scan = scan_of_volume_node(volume)
        values = None if labels is None else labels_of_segmentation(labels, scan.geometry)
        scored = scored_scan(scan, protocol_named(protocol), values)
        table = score_table(slicer.mrmlScene, volume) or slicer.mrmlScene.AddNewNodeByClass(
            "vtkMRMLTableNode", slicer.mrmlScene.GenerateUniqueName("CAC scores")
        )
        scores_to_table(scored, table, volume)
        return table


class CACScoringTest(ScriptedLoadableModuleTest):
    """Self-test in Slicer: a cube of calcium in the LAD."""

    def setUp(self):
        """Begin with an empty scene."""
        slicer.mrmlScene.Clear()

    def runTest(self):  # noqa: N802 (Slicer's name)
        """Run all tests."""
        self.setUp()
        self.test_score_of_a_cube()

    def test_score_of_a_cube(self):
        """Two slices of 4 x 4 pixels of 1 mm² at 450 HU weigh 4: Agatston 128, until then no score."""
        hu = np.full((5, 20, 20), -50, np.int16)
        hu[1:3, 5:9, 5:9] = 450
        volume = slicer.util.addVolumeFromArray(hu, ijkToRAS=np.diag([-1.0, -1.0, 3.0, 1.0]))
        logic = CACScoringLogic()
        table = logic.score(volume, None)
        assert _cell(table, 0, "review") == "not reviewed"
        assert _cell(table, 0, "agatston") == ""

        segmentation = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode")
        values = np.where(hu == 450, label_scheme()["LAD"].value, 0).astype(np.uint8)
        geometry = scan_of_volume_node(volume).geometry
        show_labels(values, geometry, segmentation, volume, slicer.modules.segmentations.logic())
        assert logic.score(volume, segmentation) is table
        assert float(_cell(table, 0, "agatston")) == 128
        assert _cell(table, 0, "review") == "reviewed, 5 of 5 slices"
