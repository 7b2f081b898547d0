"""3D Slicer module *CAC Annotation*: coronary calcium labelled lesion by lesion, with a model's help.

What it imports needs NumPy and SciPy, which Slicer 5.10 and later bring; what labelling needs beyond them is
installed at first use, once the reader agrees.
"""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import numpy as np
import slicer
import vtk
from CACAnnotationLib.panel.annotation_panel import LABELLING_NEEDS, AnnotationPanel
from CACAnnotationLib.panel.axial_layout import register_axial_large
from CACScoringLib.requirements import is_installed
from CACScoringLib.scene.segmentations import labels_of_segmentation
from CACScoringLib.schemes import label_scheme
from slicer import vtkMRMLScalarVolumeNode
from slicer.i18n import tr as _
from slicer.parameterNodeWrapper import WithinRange, parameterNodeWrapper
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
        self.parent.dependencies = ["CACScoring", "Segmentations", "Colors"]
        self.parent.contributors = ["CoronaryCalcium developers"]
        self.parent.helpText = _(
            "<p>Labels coronary calcium: a click gives a whole lesion to the active artery.</p>"
            "<p>Enter your name, make or open a project, and open a scan from the project, the scene or the "
            "DICOM database. Everything at or above 130 HU that has no label is lit. Keys <b>1</b> to "
            "<b>5</b> choose the label, <b>?</b> shows all keys. Each action is stored before the next, "
            "and can be undone without end, also tomorrow.</p>"
            "<p>A model can propose labels, for which Slicer's extension <i>PyTorch</i> is needed; all else "
            "works without.</p>"
            "<p><b>For research use only; not a medical device.</b></p>"
        )
        self.parent.acknowledgementText = _(
            "Labels follow the annotation of Föllmer 2022 (doi 10.1002/mp.15870)."
        )
        slicer.app.connect("startupCompleted()", register_axial_large)


@parameterNodeWrapper
class CACAnnotationParameterNode:
    """What the panel is set to, kept with the scene."""

    project: str = ""
    volume: vtkMRMLScalarVolumeNode
    isReading: bool = False  # noqa: N815 (Slicer's way to write parameters)
    brushMm: Annotated[float, WithinRange(0.5, 15)] = 3.0  # noqa: N815
    scribbleMm: Annotated[float, WithinRange(0.5, 20)] = 4.0  # noqa: N815
    candidateOpacity: Annotated[float, WithinRange(0, 100)] = 60.0  # noqa: N815
    smallestMm3: Annotated[float, WithinRange(0, 20)] = 0.0  # noqa: N815
    uncertaintyOpacity: Annotated[float, WithinRange(0, 100)] = 60.0  # noqa: N815
    passes: Annotated[int, WithinRange(0, 100)] = 0
    restIsOther: bool = False  # noqa: N815


class CACAnnotationWidget(ScriptedLoadableModuleWidget, VTKObservationMixin):
    """The panel: ties the widgets of the ``.ui`` file to the scene's parameters."""

    def __init__(self, parent=None):
        ScriptedLoadableModuleWidget.__init__(self, parent)
        VTKObservationMixin.__init__(self)
        self.logic = None
        self.panel = None
        self._widget = None
        self._parameters = None
        self._gui_tag = None
        self._scene_is_new = False

    def setup(self):
        """Build the panel when it is first opened."""
        ScriptedLoadableModuleWidget.setup(self)
        self._widget = slicer.util.loadUI(self.resourcePath("UI/CACAnnotation.ui"))
        self.layout.addWidget(self._widget)
        self.ui = slicer.util.childWidgetVariables(self._widget)
        self._widget.setMRMLScene(slicer.mrmlScene)
        self.logic = CACAnnotationLogic()
        self.panel = AnnotationPanel(self.ui)
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.StartCloseEvent, self._on_scene_start_close)
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.EndCloseEvent, self._on_scene_there)
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.StartImportEvent, self._on_scene_start_import)
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.EndImportEvent, self._on_scene_there)
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.EndBatchProcessEvent, self._on_scene_at_rest)
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
        """Leave the parameters, the keys and the mouse alone while another module is open."""
        self.panel.exit()
        self._observe(None)

    def _on_scene_start_close(self, _caller, _event):
        self._observe(None)
        self.panel.scene_closes()

    def _on_scene_start_import(self, _caller, _event):
        self._observe(None)

    def _on_scene_there(self, _caller, _event):
        self._scene_is_new = True
        if self.parent.isEntered:
            self._observe(self.logic.getParameterNode())

    def _on_scene_at_rest(self, _caller, _event):
        # Not before: while a scene that replaces another is read, views follow no node.
        if self._scene_is_new and self.parent.isEntered:
            self.panel.scene_is_there()
        self._scene_is_new = False

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


class CACAnnotationLogic(ScriptedLoadableModuleLogic):
    """Keeps the panel's parameters; scripts use :class:`CACAnnotationLib.controls.workplace.Workplace`."""

    def getParameterNode(self):  # noqa: N802 (Slicer's name)
        """Return the scene's parameters for this module."""
        return CACAnnotationParameterNode(super().getParameterNode())


class CACAnnotationTest(ScriptedLoadableModuleTest):
    """Self-test in Slicer: a volume opened in a new project, a lesion labelled and undone."""

    def setUp(self):
        """Begin with an empty scene."""
        slicer.mrmlScene.Clear()

    def runTest(self):  # noqa: N802 (Slicer's name)
        """Run all tests."""
        if not _can_label():
            self.delayDisplay("Left out: labelling needs packages that are not installed")
            return
        self.setUp()
        self.test_click_labels_its_lesion()

    def test_click_labels_its_lesion(self):
        """The lesion that is clicked becomes LAD in the segmentation, and nothing after undo."""
        if not _can_label():
            # Slicer's command-line tests come here without runTest.
            self.skipTest("labelling needs packages that are not installed")
        from CACAnnotationLib.controls.workplace import SlicerParts, Workplace
        from CACAnnotationLib.project.project import Project
        from CACAnnotationLib.proposing.local_process import LocalModelProcess
        from CACScoringLib.processes import python_program
        from CACScoringLib.scoring.protocol import ScoringProtocol

        hu = np.full((5, 20, 20), -50, np.int16)
        hu[1:3, 5:9, 5:9] = 450
        volume = slicer.util.addVolumeFromArray(hu, ijkToRAS=np.diag([-1.0, -1.0, 3.0, 1.0]))
        parts = SlicerParts(
            slicer.mrmlScene, slicer.app.applicationLogic(), slicer.modules.segmentations.logic(), None
        )
        runner = LocalModelProcess(ScoringProtocol(), python_program())
        place = Workplace(parts, runner, lambda what: what(), lambda _text: None, lambda: None)
        with TemporaryDirectory() as folder:
            place.choose_project(Project.create(Path(folder) / "project"))
            scan = place.open_volume(volume, [], "Self-test")
            scan.session.active = "LAD"
            assert scan.session.calcium.click((6, 6, 1), "LAD")
            shown = labels_of_segmentation(scan.nodes.calcium.shared.node, scan.placement.geometry)
            np.testing.assert_array_equal(shown, np.where(hu == 450, label_scheme()["LAD"].value, 0))
            scan.session.undo()
            shown = labels_of_segmentation(scan.nodes.calcium.shared.node, scan.placement.geometry)
            assert not shown.any()
            place.choose_project(None)
        runner.close()


def _can_label() -> bool:
    return all(map(is_installed, LABELLING_NEEDS))
