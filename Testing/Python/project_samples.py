"""Projects of small scans whose calcium can be learnt, and signing their slices off."""

from __future__ import annotations

from pathlib import Path

import SimpleITK as sitk
from CACAnnotationLib.project.adding import AddingOptions, add_images
from CACAnnotationLib.project.project import Project
from CACAnnotationLib.queueing.following import QueueFollower
from CACAnnotationLib.queueing.labelling_queue import LabellingQueue
from CACAnnotationLib.session.imported import take_labels
from CACAnnotationLib.session.session import AnnotationSession
from CACAnnotationLib.store.parts import give_parts
from training_samples import labelled_scan


def project_of(folder: Path, parts: tuple[str, ...]) -> Project:
    """Make a project with a scan for each patient of these parts; its n-th scan is ``labelled_scan(n)``."""
    project = Project.create(folder / "project")
    for number in range(len(parts)):
        scan, *_ = labelled_scan(number)
        sitk.WriteImage(scan.geometry.to_image(scan.values), str(folder / f"{number}.nrrd"))
    list(add_images(project, sorted(folder.glob("*.nrrd")), AddingOptions()))
    give_parts(project.store, {scan.patient: part for scan, part in zip(project.scans, parts, strict=True)})
    return project


def sign_off_truth(project: Project, number: int, *slices: int, reader: str = "Anna") -> None:
    """Label a scan as the truth has it, and sign slices off."""
    _, cac, car = labelled_scan(number)
    session = AnnotationSession.open(project, project.scans[number], reader)
    QueueFollower(session, LabellingQueue(project.store, reader))
    take_labels(session, cac, car, "truth")
    for slice_index in slices:
        session.slices.sign_off(slice_index)
