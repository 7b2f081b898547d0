"""Projects and models to rank with, shared by tests."""

from __future__ import annotations

from pathlib import Path

import SimpleITK as sitk
from CACAnnotationLib.project.adding import AddingOptions, add_images
from CACAnnotationLib.project.project import Project
from CACScoringLib.model.store import save_model
from doubt_samples import SLICES
from prediction_models import noisy_scan, small_model


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
