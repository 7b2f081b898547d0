"""A layout as readers of calcium expect it: axial large, coronal, sagittal and 3-D beside it."""

from __future__ import annotations

import slicer

_LAYOUT = 5130
"""Number of the layout; Slicer keeps those below 1000 for itself."""
_SLICE_VIEW = """
<view class="vtkMRMLSliceNode" singletontag="{name}">
 <property name="orientation" action="default">{orientation}</property>
 <property name="viewlabel" action="default">{label}</property>
 <property name="viewcolor" action="default">{colour}</property>
</view>"""
_DESCRIPTION = """
<layout type="horizontal" split="true">
 <item splitSize="720">{axial}</item>
 <item splitSize="280">
  <layout type="vertical" split="true">
   <item>{coronal}</item>
   <item>{sagittal}</item>
   <item>
    <view class="vtkMRMLViewNode" singletontag="1">
     <property name="viewlabel" action="default">1</property>
    </view>
   </item>
  </layout>
 </item>
</layout>"""


def register_axial_large() -> None:
    """Make the layout known to Slicer: a scene that was saved with it shows no views where it is not."""
    manager = slicer.app.layoutManager()
    if manager is not None:
        node = manager.layoutLogic().GetLayoutNode()
        if not node.IsLayoutDescription(_LAYOUT):
            node.AddLayoutDescription(_LAYOUT, _description())


def show_axial_large() -> None:
    """Show the layout."""
    register_axial_large()
    manager = slicer.app.layoutManager()
    if manager is not None:
        manager.setLayout(_LAYOUT)


def _description() -> str:
    return _DESCRIPTION.format(
        axial=_SLICE_VIEW.format(name="Red", orientation="Axial", label="R", colour="#F34A33"),
        coronal=_SLICE_VIEW.format(name="Green", orientation="Coronal", label="G", colour="#6EB04B"),
        sagittal=_SLICE_VIEW.format(name="Yellow", orientation="Sagittal", label="Y", colour="#EDD54C"),
    )
