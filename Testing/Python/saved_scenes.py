"""Scenes saved as Slicer saves them, and opened again in an empty one."""

from __future__ import annotations

from pathlib import Path

from scene_nodes import Scene, slicer


def reopened(mrml: Scene, folder: Path) -> Scene:
    """Save a scene as a bundle, and open that in a new one."""
    storable = mrml.scene.GetNodesByClass("vtkMRMLStorableNode")
    storable.UnRegister(None)
    for number in range(storable.GetNumberOfItems()):
        storable.GetItemAsObject(number).AddDefaultStorageNode()
    bundle = str(folder / "scene.mrb")
    assert mrml.scene.WriteToMRB(bundle)
    opened = Scene()
    # Slicer's application gives a scene these; bundles are unpacked into the cache.
    cache, manager = slicer.vtkCacheManager(), slicer.vtkDataIOManager()
    cache.SetRemoteCacheDirectory(str(folder))
    manager.SetCacheManager(cache)
    opened.scene.SetDataIOManager(manager)
    assert opened.scene.ReadFromMRB(bundle)
    return opened
