"""Synthetic scans in Slicer's module *Sample Data*: made on the spot, of people who do not exist."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import slicer
import slicer.util
from slicer.i18n import tr as _

from ..scene.segmentations import show_labels
from ..scene.volumes import scan_of_volume_node

CATEGORY = "CoronaryCalcium"
_SEED = 19


def register_sample_data(icons: Path) -> None:
    """Offer a synthetic scan, and the same with its labels.

    Parameters
    ----------
    icons
        Folder of the thumbnails.
    """
    import SampleData

    for name, picture, make in (
        (_("Synthetic calcium CT"), "SyntheticCT.png", load_scan),
        (_("Synthetic calcium CT with labels"), "SyntheticCTLabels.png", load_labelled_scan),
    ):
        SampleData.SampleDataLogic.registerCustomSampleDataSource(
            category=CATEGORY,
            sampleName=name,
            # Nothing is downloaded, but Slicer asks for one of each.
            uris="",
            fileNames="",
            nodeNames=name,
            customDownloader=_as_downloader(make),
            thumbnailFileName=str(icons / picture),
        )


def load_scan(name: str) -> list[Any]:
    """Make a synthetic scan and show it; returns its node."""
    return _load(name, labelled=False)


def load_labelled_scan(name: str) -> list[Any]:
    """Make a synthetic scan with the labels that are true of it, and show it; returns both nodes."""
    return _load(name, labelled=True)


def _as_downloader(make: Callable[[str], list[Any]]) -> Callable[[Any], list[Any]]:
    return lambda source: make(source.nodeNames[0])


def _load(name: str, *, labelled: bool) -> list[Any]:
    from ..phantom.phantom import PhantomOptions, make_phantom

    slicer.util.showStatusMessage(_("Making a synthetic scan, which takes some seconds…"))
    slicer.app.processEvents()
    with slicer.util.WaitCursor():
        phantom = make_phantom(_SEED, PhantomOptions(calcium=True))
        volume = slicer.util.addVolumeFromArray(phantom.hu, ijkToRAS=phantom.geometry.ijk_to_ras, name=name)
        volume.CreateDefaultDisplayNodes()
        display = volume.GetDisplayNode()
        display.SetAutoWindowLevel(False)
        display.SetWindowLevel(800, 200)
        nodes = [volume]
        if labelled:
            segmentation = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", _("Calcium labels"))
            geometry = scan_of_volume_node(volume).geometry
            logic = slicer.modules.segmentations.logic()
            show_labels(phantom.cac, geometry, segmentation, volume, logic)
            nodes.append(segmentation)
        slicer.util.setSliceViewerLayers(background=volume, fit=True)
    slicer.util.showStatusMessage("", 1)
    return nodes
