"""Training on the signed-off slices of a project."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")

import torch
from CACAnnotationLib.project.project import Project
from CACAnnotationLib.project.project_file import FILE_NAME
from CACAnnotationLib.session.session import AnnotationSession
from CACAnnotationLib.store.parts import TEST, TRAINING, VALIDATION
from CACAnnotationLib.training.configuration import read_config
from CACAnnotationLib.training.frozen_labels import PROJECT_FILE, frozen
from CACAnnotationLib.training.labelled_scans import labelled_scans
from CACAnnotationLib.training.slice_cache import cached_slices
from CACAnnotationLib.training.split import split_by_patient
from CACAnnotationLib.training.trainer import train
from CACScoringLib.errors import CACError
from project_samples import project_of, sign_off_truth
from training_samples import labelled_scan, write_config

torch.set_num_threads(1)
SIGNED_OFF = (1, 2)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Four scans, the last of a test patient and the third of one who validates."""
    project = project_of(tmp_path, (TRAINING, TRAINING, VALIDATION, TEST))
    for number in range(4):
        sign_off_truth(project, number, *SIGNED_OFF)
    return project


def test_the_name_of_a_project_file() -> None:
    assert PROJECT_FILE == FILE_NAME


def test_signed_off_slices_are_frozen_and_read_back(project: Project, tmp_path: Path) -> None:
    folder = frozen(project.folder, tmp_path / "labels")
    sign_off_truth(project, 0, 3)
    assert frozen(project.folder, folder) == folder, "not frozen again"
    with labelled_scans(folder) as found:
        assert [scan.part for scan in found] == [TRAINING, TRAINING, VALIDATION], (
            "nothing of the test patient"
        )
        _, car, cac = found[0].read()
    truth_cac, truth_car = labelled_scan(0)[1:]
    for labels, truth in ((cac, truth_cac), (car, truth_car)):
        np.testing.assert_array_equal(labels[list(SIGNED_OFF)], truth[list(SIGNED_OFF)])
        assert not labels[[0, 3]].any()


def test_the_split_is_that_of_the_project(project: Project, tmp_path: Path) -> None:
    with cached_slices(frozen(project.folder, tmp_path / "labels"), tmp_path / "cache") as cache:
        split = split_by_patient(cache, 0.9, 0)
        parts = [{cache.scans[each.scan].part for each in side} for side in split]
    assert parts == [{TRAINING}, {VALIDATION}]
    assert len(split.training) == 2 * len(SIGNED_OFF)


def test_a_scan_without_new_labels_is_not_read_again(project: Project, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    with cached_slices(frozen(project.folder, tmp_path / "one"), cache):
        pass
    for number in (0, 1):
        project.scan_path(project.scans[number]).unlink()
    with cached_slices(frozen(project.folder, tmp_path / "two"), cache) as again:
        assert len(again.scans) == 3
    three = frozen(project.folder, tmp_path / "three")
    (three / "scan-00001.npz").write_bytes((three / "scan-00002.npz").read_bytes())
    with pytest.raises(CACError, match="is not where it was"), cached_slices(three, cache):
        pass


def test_without_a_validating_patient_or_without_labels(project: Project, tmp_path: Path) -> None:
    empty = Project.create(tmp_path / "empty")
    with pytest.raises(CACError, match=r"no slice of .* is signed off"):
        frozen(empty.folder, tmp_path / "labels")
    session = AnnotationSession.open(project, project.scans[2], "Anna")
    for _ in SIGNED_OFF:
        session.undo()
    with pytest.raises(CACError, match="no patient of the validation part has labelled coronary calcium"):
        train(
            project.folder,
            read_config(write_config(tmp_path / "config.toml")),
            tmp_path / "run",
            device="cpu",
        )


def test_a_run_learns_from_a_project(project: Project, tmp_path: Path) -> None:
    config = read_config(write_config(tmp_path / "config.toml", epochs=1))
    run = train(project.folder, config, tmp_path / "run", device="cpu")
    assert run.progress.epochs == 1
    sign_off_truth(project, 0, 0)
    assert train(project.folder, config, tmp_path / "run", device="cpu").progress.epochs == 1, "frozen labels"
