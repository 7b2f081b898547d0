"""Probabilities of all voxels as a NumPy archive, written slice by slice: they may be larger than memory."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO
from zipfile import ZipFile

import numpy as np
from numpy.lib import format as numpy_format

from ...scans.ct_scan import CTScan
from ...whole_files import whole_file
from ..configuration import NetworkConfig
from .probabilities import array_shapes
from .slices import SliceAnswers

Shape = tuple[int, ...]


@contextmanager
def probability_file(
    path: Path, config: NetworkConfig, scan: CTScan
) -> Iterator[Callable[[SliceAnswers], object]]:
    """Open an archive for the ``region`` (where there is one) and ``lesion`` of all slices.

    It takes its name once the ``with`` block ends without an error.

    Parameters
    ----------
    path
        ``.npz``; :func:`numpy.load` reads it.
    config, scan
        The network that answers, and what it answers for.

    Yields
    ------
    What is to be called with the answers for all slices, whole, in ascending order.

    Raises
    ------
    CACError
        If the file cannot be written, for example because the disk is full.
    ValueError
        If answers are missing.
    """
    shapes = array_shapes(config, scan)
    with ExitStack() as stack:
        file = stack.enter_context(whole_file(path))
        archive = stack.enter_context(ZipFile(file, "w"))
        # an archive takes one array at a time: the first one goes straight into it, the other one waits
        names = list(shapes)
        waiting = [stack.enter_context(TemporaryFile(dir=path.parent)) for _ in names[1:]]
        done = 0

        with _array(archive, names[0], shapes[names[0]]) as first:

            def add(answers: SliceAnswers) -> None:
                nonlocal done
                if answers.slices[0] != done:
                    raise ValueError(f"slice {done} is to come next, not {answers.slices[0]}")
                done += answers.slices.size
                parts = [part for part in (answers.region, answers.lesion) if part is not None]
                for part, shape, target in zip(parts, shapes.values(), [first, *waiting], strict=True):
                    if part.shape[1:] != shape[1:]:
                        raise ValueError(f"a slice of shape {part.shape[1:]} does not fit {shape[1:]}")
                    target.write(np.ascontiguousarray(part, np.float32).data)

            yield add
        if done != scan.geometry.shape[0]:
            raise ValueError(f"{done} of {scan.geometry.shape[0]} slices came")
        for name, content in zip(names[1:], waiting, strict=True):
            content.seek(0)
            with _array(archive, name, shapes[name]) as target:
                shutil.copyfileobj(content, target, 2**20)


@contextmanager
def _array(archive: ZipFile, name: str, shape: Shape) -> Iterator[IO[bytes]]:
    """Begin an array of an archive; what is written are its values."""
    # of 4 GB and more, which only the values themselves would tell
    with archive.open(f"{name}.npy", "w", force_zip64=True) as target:
        descr = numpy_format.dtype_to_descr(np.dtype(np.float32))
        header = {"descr": descr, "fortran_order": False, "shape": shape}
        numpy_format.write_array_header_1_0(target, header)
        yield target
