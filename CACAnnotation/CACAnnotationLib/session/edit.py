"""Collecting what an action changes, from the layers as they are."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..store.actions import LayerChange
from .origins import CALCIUM_BITS, REGION_BITS

_BITS_OF = {"cac": CALCIUM_BITS, "car": REGION_BITS}


class Edit:
    """New values of voxels, and who made them; :meth:`changes` says what of it is a change.

    Parameters
    ----------
    layers
        Layers of a reading as they are, ``[slice, row, column]``; they are read only.
    """

    def __init__(self, layers: Mapping[str, NDArray[np.uint8]]) -> None:
        self._layers = layers
        self._new: dict[str, tuple[NDArray[np.int64], NDArray[np.uint8]]] = {}

    def set(self, layer: str, voxels: NDArray[np.integer], values: ArrayLike) -> None:
        """Set voxels of a layer, by ascending flat indices; what is set later counts."""
        places = np.asarray(voxels, np.int64)
        after = np.broadcast_to(np.asarray(values, np.uint8), places.shape)
        if layer in self._new:
            earlier, earlier_after = self._new[layer]
            kept = ~among(earlier, places)
            places = np.concatenate([earlier[kept], places])
            after = np.concatenate([earlier_after[kept], after])
            order = np.argsort(places, kind="stable")
            places, after = places[order], after[order]
        self._new[layer] = places, after

    def label(self, layer: str, voxels: NDArray[np.integer], values: ArrayLike, made_by: ArrayLike) -> None:
        """Set labels of ``cac`` or ``car`` and the origin that goes with them; label 0 has none."""
        labels = np.broadcast_to(np.asarray(values, np.uint8), voxels.shape)
        self.set(layer, voxels, labels)
        others = self._value("origin", voxels) & np.uint8(~_BITS_OF[layer] & 0xFF)
        self.set("origin", voxels, np.where(labels > 0, others | np.asarray(made_by, np.uint8), others))

    def changes(self) -> tuple[LayerChange, ...]:
        """Return what differs from the layers as they are; empty if nothing does."""
        found = []
        for layer, (voxels, after) in self._new.items():
            before = self._layers[layer].reshape(-1)[voxels]
            differs = before != after
            if not differs.all():
                voxels, before, after = voxels[differs], before[differs], after[differs]
            if voxels.size:
                found.append(LayerChange(layer, voxels, before, after))
        return tuple(found)

    def _value(self, layer: str, voxels: NDArray[np.integer]) -> NDArray[np.uint8]:
        """Values of voxels as this edit has them so far."""
        values = self._layers[layer].reshape(-1)[voxels]
        if layer in self._new:
            new_voxels, new_values = self._new[layer]
            known = among(voxels, new_voxels)
            values[known] = new_values[np.searchsorted(new_voxels, voxels[known])]
        return values


def among(voxels: NDArray[np.integer], others: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Tell which of some voxels are among others; both ascend."""
    if not others.size:
        return np.zeros(voxels.shape, bool)
    place = np.searchsorted(others, voxels).clip(max=others.size - 1)
    return others[place] == voxels
