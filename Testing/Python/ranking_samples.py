"""Projects and doubts to rank, shared by tests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from CACAnnotationLib.project.adding import AddingOptions, add_images
from CACAnnotationLib.project.project import Project
from CACAnnotationLib.ranking.slice_doubts import SliceDoubt
from CACScoringLib.model.store import save_model
from numpy.typing import NDArray
from prediction_models import noisy_scan, small_model

SLICES = 6


class Doubts:
    """Doubts in memory, as strategies want them."""

    def __init__(self, doubts: list[SliceDoubt], features: NDArray[np.float32] | None = None) -> None:
        self.doubts, self._features = doubts, features

    def __iter__(self) -> Iterator[SliceDoubt]:
        return iter(self.doubts)

    def features_of(self, slices: Iterable[SliceDoubt]) -> Sequence[NDArray[np.float32] | None]:
        if self._features is None:
            return [None for _ in slices]
        return [self._features[self.doubts.index(each)] for each in slices]


def some_doubts(count: int = 400) -> list[SliceDoubt]:
    rng = np.random.default_rng(3)
    return [
        SliceDoubt(number // 40, number % 40, 5, *rng.uniform(0, 0.25, 8).tolist()) for number in range(count)
    ]


def project_of_noise(folder: Path, scans: int = 3) -> Project:
    """Project of scans in which candidates of all sizes lie in every slice."""
    project = Project.create(folder / "project")
    for number in range(scans):
        scan = noisy_scan((SLICES, 32, 40), seed=number)
        sitk.WriteImage(scan.geometry.to_image(scan.values), str(folder / f"scan{number}.nrrd"))
    list(add_images(project, sorted(folder.glob("*.nrrd")), AddingOptions()))
    return project


def saved_model(folder: Path, spread: float = 2.0) -> Path:
    """Folder of a small model whose passes disagree."""
    model = small_model(spread=spread)
    save_model(folder, model.network, model.config, {"summary": "for tests"})
    return folder
