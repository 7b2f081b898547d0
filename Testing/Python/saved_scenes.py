"""Scenes saved as Slicer saves them, and opened again in an empty one."""

from __future__ import annotations

from pathlib import Path

from scene_nodes import Scene, slicer


def save_bundle(scene, folder: Path) -> str:
    """Save a scene as a bundle, and have it unpack such bundles into that folder; returns the file."""
    storable = scene.GetNodesByClass("vtkMRMLStorableNode")
    storable.UnRegister(None)
    for number in range(storable.GetNumberOfItems()):
        storable.GetItemAsObject(number).AddDefaultStorageNode()
    bundle = str(folder / "scene.mrb")
    assert scene.WriteToMRB(bundle)
    unpack_into(scene, folder)
    return bundle


def unpack_into(scene, folder: Path) -> None:
    """Give a scene what Slicer's application gives it: a cache, into which bundles are unpacked."""
    cache, manager = slicer.vtkCacheManager(), slicer.vtkDataIOManager()
    cache.SetRemoteCacheDirectory(str(folder))
    manager.SetCacheManager(cache)
    scene.SetDataIOManager(manager)


def reopened(mrml: Scene, folder: Path) -> Scene:
    """Save a scene as a bundle, and open that in a new one."""
    bundle = save_bundle(mrml.scene, folder)
    opened = Scene()
    unpack_into(opened.scene, folder)
    assert opened.scene.ReadFromMRB(bundle)
    return opened
