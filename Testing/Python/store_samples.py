"""Actions and a plain model of a reading, for tests of the store."""

from __future__ import annotations

import numpy as np
from CACAnnotationLib.store.actions import LAYERS, Action, LayerChange
from CACAnnotationLib.store.stored_reading import StoredReading
from numpy.typing import NDArray

SHAPE = (6, 20, 24)
Layers = dict[str, NDArray[np.uint8]]


def change(layers: Layers, layer: str, voxels: object, after: object) -> LayerChange:
    """Set voxels of a layer from what they are now."""
    indices = np.unique(np.asarray(voxels, np.int64))
    values = np.broadcast_to(np.asarray(after, np.uint8), indices.shape).copy()
    return LayerChange(layer, indices, layers[layer].reshape(-1)[indices], values)


def label(reading: StoredReading, voxels: object, value: int, layer: str = "cac") -> Action:
    return Action("label lesion", (change(reading.layers, layer, voxels, value),), {"artery": "LAD"})


def random_action(rng: np.random.Generator, layers: Layers) -> Action:
    names = rng.choice(LAYERS, rng.integers(1, 3), replace=False)
    changes = []
    for name in names:
        voxels = np.unique(rng.integers(0, np.prod(SHAPE), rng.integers(1, 200)))
        changes.append(change(layers, str(name), voxels, rng.integers(0, 3, voxels.size)))
    return Action("random", tuple(changes), {"number": int(rng.integers(1e9))})


class PlainReading:
    """What a reading must do, in the simplest way: a list of whole states."""

    def __init__(self) -> None:
        self.states: list[Layers] = [{layer: np.zeros(SHAPE, np.uint8) for layer in LAYERS}]
        self.position = 0

    @property
    def layers(self) -> Layers:
        return self.states[self.position]

    def record(self, action: Action) -> None:
        state = {layer: array.copy() for layer, array in self.layers.items()}
        for each in action.changes:
            state[each.layer].reshape(-1)[each.voxels] = each.after
        self.states[self.position + 1 :] = [state]
        self.position += 1


def same_layers(first: Layers, second: Layers) -> bool:
    return all(np.array_equal(first[layer], second[layer]) for layer in LAYERS)
