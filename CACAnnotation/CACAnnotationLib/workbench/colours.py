"""Colours of labels: the paper's, or such as the colour-blind tell apart."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from CACScoringLib.schemes import Label, LabelScheme

from ..controls.open_scan import OpenScan
from ..scene.shown_proposal import lightened

if TYPE_CHECKING:
    import slicer

_TOLD_APART = {
    "OTHER": (140, 140, 140),
    "LAD": (230, 159, 0),
    "LCX": (86, 180, 233),
    "RCA": (0, 158, 115),
    "LM": (240, 228, 66),
}
"""Okabe and Ito's, 2008."""


def shown_colour(label: Label, colour_blind: bool) -> tuple[int, int, int]:
    """Red, green and blue of a label, 0 to 255."""
    return _TOLD_APART[label.name] if colour_blind else label.colour


def in_colours(scheme: LabelScheme, colour_blind: bool) -> LabelScheme:
    """Return a scheme of the same labels in the colours that are shown."""
    labels = (dataclasses.replace(each, colour=shown_colour(each, colour_blind)) for each in scheme.labels)
    return dataclasses.replace(scheme, labels=tuple(labels))


def colour_scan(scan: OpenScan, scheme: LabelScheme) -> None:
    """Show labels, strokes and proposals of a scan in the colours of a scheme."""
    scan.session.desk.scheme = scheme
    for shown in (scan.nodes.calcium.shared, scan.nodes.regions.shared):
        _colour(shown.node, {each.name: _unit(each) for each in scheme.labels})
    for shared in scan.nodes.proposal.maps:
        _colour(shared.node, {each.name: lightened(_unit(each)) for each in scheme.labels})


def _colour(node: slicer.vtkMRMLSegmentationNode, colours: dict[str, tuple[float, ...]]) -> None:
    segmentation = node.GetSegmentation()
    for name, colour in colours.items():
        segment = segmentation.GetSegment(segmentation.GetSegmentIdBySegmentName(name))
        if segment is not None and any(
            abs(one - two) > 1e-3 for one, two in zip(segment.GetColor(), colour, strict=True)
        ):
            segment.SetColor(*colour)


def _unit(label: Label) -> tuple[float, ...]:
    return tuple(channel / 255 for channel in label.colour)
