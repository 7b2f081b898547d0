"""3D Slicer module *CAC Annotation*: whole lesions labelled from points.

What it imports needs NumPy and SciPy, which Slicer 5.10 and later bring, and nothing else.
"""

import numpy as np
import slicer
import vtk
from CACAnnotationLib.point_labels import PointLabels, SkippedPoint, label_by_points
from CACAnnotationLib.scene.points import points_of_markups_node
from CACScoringLib.candidates.candidates import find_candidates
from CACScoringLib.errors import CACError
from CACScoringLib.scene.segmentations import labels_of_segmentation, show_labels
from CACScoringLib.scene.volumes import scan_of_volume_node
from CACScoringLib.schemes import label_scheme
from slicer import vtkMRMLMarkupsFiducialNode, vtkMRMLScalarVolumeNode, vtkMRMLSegmentationNode
from slicer.i18n import tr as _
from slicer.parameterNodeWrapper import parameterNodeWrapper
from slicer.ScriptedLoadableModule import (
    ScriptedLoadableModule,
    ScriptedLoadableModuleLogic,
    ScriptedLoadableModuleTest,
    ScriptedLoadableModuleWidget,
)
from slicer.util import VTKObservationMixin


class CACAnnotation(ScriptedLoadableModule):
    """What Slicer shows of the module before it is opened."""

    def __init__(self, parent):
        ScriptedLoadableModule.__init__(self, parent)
        self.parent.title = _("CAC Annotation")
        self.parent.categories = ["Cardiac"]
        self.parent.dependencies = ["CACScoring", "Markups", "Segmentations"]
        self.parent.contributors = ["CoronaryCalcium developers"]
        self.parent.helpText = _(
            "Labels coronary calcium: each point gives its artery to the whole lesion that it lies on.<br>"
            "<b>For research use only; not a medical device.</b>"
        )
        self.parent.acknowledgementText = _(
            "Labels follow the annotation of Föllmer 2022 (doi 10.1002/mp.15870)."
        )


@parameterNodeWrapper
class CACAnnotationParameterNode:
    """The panel's inputs, kept with the scene."""

    volume: vtkMRMLScalarVolumeNode
    points: vtkMRMLMarkupsFiducialNode
    labels: vtkMRMLSegmentationNode
    rest_is_other: bool = False


class CACAnnotationWidget(ScriptedLoadableModuleWidget, VTKObservationMixin):
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
        panel = slicer.util.loadUI(self.resourcePath("UI/CACAnnotation.ui"))
        self.layout.addWidget(panel)
        self.ui = slicer.util.childWidgetVariables(panel)
        panel.setMRMLScene(slicer.mrmlScene)
        self.logic = CACAnnotationLogic()
        self.ui.labelButton.connect("clicked(bool)", self._on_label)
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
        self.ui.reportLabel.text = ""

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
        complete = self._parameters.volume is not None and self._parameters.points is not None
        self.ui.labelButton.enabled = complete

    def _on_label(self, _checked=False):
        parameters = self._parameters
        self.ui.reportLabel.text = ""
        try:
            with slicer.util.WaitCursor():
                if parameters.labels is None:
                    parameters.labels = self.logic.new_segmentation()
                result = self.logic.label(
                    parameters.volume, parameters.points, parameters.labels, parameters.rest_is_other
                )
        except CACError as error:
            slicer.util.errorDisplay(str(error))
        else:
            self.ui.reportLabel.text = "\n".join(_report(result))


def _report(result: PointLabels):
    yield _("{lesions} lesions labelled, {split} of them split between arteries").format(
        lesions=result.lesions, split=result.split
    )
    yield from map(_skipped, result.skipped)


def _skipped(skipped: SkippedPoint) -> str:
    point = f"{skipped.point.name} ({skipped.point.label})"
    if skipped.nearest_mm is None:
        return _("{point} lies on no candidate, and the scan has none").format(point=point)
    return _("{point} lies on no candidate; the nearest is {distance} mm away").format(
        point=point, distance=f"{skipped.nearest_mm:.1f}"
    )


class CACAnnotationLogic(ScriptedLoadableModuleLogic):
    """What the panel's buttons do, for scripts too."""

    def getParameterNode(self):  # noqa: N802 (Slicer's name)
        """Return the scene's parameters for this module."""
        return CACAnnotationParameterNode(super().getParameterNode())

    def new_segmentation(self) -> vtkMRMLSegmentationNode:
        """Add an empty segmentation to the scene."""
        name = slicer.mrmlScene.GenerateUniqueName("CAC")
        return slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", name)

    def label(
        self,
        volume: vtkMRMLScalarVolumeNode,
        points: vtkMRMLMarkupsFiducialNode,
        segmentation: vtkMRMLSegmentationNode,
        rest_is_other: bool = False,
    ) -> PointLabels:
        """Label lesions from points; what the segmentation held in the scheme's segments is replaced.

        Parameters
        ----------
        volume
            The CT.
        points
            Control-point label = artery.
        segmentation
            Where to write.
        rest_is_other
            Label candidates without a point OTHER.

        Raises
        ------
        CACError
            If the volume is no CT or a point names no artery; nothing is written then.
        """
        scan = scan_of_volume_node(volume)
        control_points = points_of_markups_node(points, scan.geometry)
        result = label_by_points(find_candidates(scan), control_points, rest_is_other=rest_is_other)
        logic = slicer.modules.segmentations.logic()
        show_labels(result.labels, scan.geometry, segmentation, volume, logic)
        return result


class CACAnnotationTest(ScriptedLoadableModuleTest):
    """Self-test in Slicer: two cubes of calcium, a point on one and a point on none."""

    def setUp(self):
        """Begin with an empty scene."""
        slicer.mrmlScene.Clear()

    def runTest(self):  # noqa: N802 (Slicer's name)
        """Run all tests."""
        self.setUp()
        self.test_point_labels_its_lesion()

    def test_point_labels_its_lesion(self):
        """The lesion under the point becomes LAD, the other one OTHER, the point beside is reported."""
        hu = np.full((5, 20, 20), -50, np.int16)
        hu[1:3, 5:9, 5:9] = 450
        hu[1:3, 12:14, 12:14] = 300
        volume = slicer.util.addVolumeFromArray(hu, ijkToRAS=np.diag([-1.0, -1.0, 3.0, 1.0]))
        points = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLMarkupsFiducialNode")
        points.AddControlPoint([-6.0, -6.0, 3.0], "LAD")
        points.AddControlPoint([-2.0, -6.0, 3.0], "RCA")
        logic = CACAnnotationLogic()
        segmentation = logic.new_segmentation()
        result = logic.label(volume, points, segmentation, rest_is_other=True)

        labels = labels_of_segmentation(segmentation, scan_of_volume_node(volume).geometry)
        scheme = label_scheme()
        expected = np.select([hu == 450, hu == 300], [scheme["LAD"].value, scheme["OTHER"].value], 0)
        np.testing.assert_array_equal(labels, expected)
        assert result.lesions == 1
        assert "3.0 mm" in _skipped(result.skipped[0])
