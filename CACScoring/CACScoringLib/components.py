"""Connected components of a sparse set of voxels.

Labelled calcium is a few thousand voxels among tens of millions, so components are found on the voxels
themselves and never on the volume.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components


class VoxelComponents(NamedTuple):
    """Component numbers from 0, one per voxel."""

    in_slice: NDArray[np.int32]
    in_volume: NDArray[np.int32]

    def where(self, chosen: NDArray[np.bool_]) -> VoxelComponents:
        """Keep the numbers of the chosen voxels."""
        return VoxelComponents(self.in_slice[chosen], self.in_volume[chosen])


def voxel_components(
    voxels: NDArray[np.intp], groups: NDArray[np.integer], shape: tuple[int, int, int]
) -> VoxelComponents:
    """Number the components that touching voxels of one group form.

    Parameters
    ----------
    voxels
        Ascending flat indices into an array of ``shape``.
    groups
        Group (artery label) of each voxel; voxels of different groups never join.
    shape
        Slices, rows, columns.

    Returns
    -------
    2-D components within each slice (4-connectivity) and 3-D components (6-connectivity). Each of the former
    lies in exactly one of the latter.
    """
    _, rows, columns = shape
    column, row = voxels % columns, voxels // columns % rows
    in_slice = [
        _touching(voxels, groups, 1, column < columns - 1),
        _touching(voxels, groups, columns, row < rows - 1),
    ]
    in_volume = [*in_slice, _touching(voxels, groups, rows * columns, np.ones(voxels.size, bool))]
    return VoxelComponents(number_nodes(voxels.size, in_slice), number_nodes(voxels.size, in_volume))


def number_nodes(count: int, edges: list[tuple[NDArray, NDArray]]) -> NDArray[np.int32]:
    """Number the connected components of a graph of ``count`` nodes and these edges, in node order from 0."""
    sources = np.concatenate([source for source, _ in edges])
    targets = np.concatenate([target for _, target in edges])
    graph = coo_matrix((np.ones(sources.size, np.int8), (sources, targets)), shape=(count, count))
    return connected_components(graph, directed=False)[1]


def _touching(
    voxels: NDArray[np.intp], groups: NDArray[np.integer], step: int, has_neighbour: NDArray[np.bool_]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Pairs of positions in ``voxels`` whose voxels lie ``step`` apart and share their group."""
    source = np.flatnonzero(has_neighbour)
    target = np.searchsorted(voxels, voxels[source] + step)
    inside = target < voxels.size
    source, target = source[inside], target[inside]
    same = (voxels[target] == voxels[source] + step) & (groups[target] == groups[source])
    return source[same], target[same]
