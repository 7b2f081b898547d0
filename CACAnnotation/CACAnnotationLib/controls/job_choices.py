"""What a reader may ask of a project: ways to rank, models, formats; each with a line of explanation."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from CACScoringLib.errors import CACError
from CACScoringLib.resources import shipped_models

from ..jobs.requests import ExportRequest, JobRequest, RankRequest
from ..project.project import Project
from ..project.splitting import split_patients
from ..ranking.strategies import STRATEGIES
from ..rounds.promoted_model import promoted_model
from ..store.parts import VALIDATION, parts_of_patients
from ..training.shipped_configs import shipped_configs
from .words import _

VALIDATING_SHARE = TESTING_SHARE = 0.2


class Choice(NamedTuple):
    """One of several things to choose from.

    Parameters
    ----------
    value
        What a request is told.
    title
        What it is called.
    explanation
        What it does, in a line.
    """

    value: str
    title: str
    explanation: str = ""


class Needs(NamedTuple):
    """Python packages without which a job cannot be done: PyTorch, and others by their names."""

    torch: bool
    packages: tuple[str, ...] = ()


FORMAT_CHOICES = (
    Choice("nrrd", "NRRD", _("CT and label maps of calcium and regions, named as the authors' tool does")),
    Choice("nnunet", "nnU-Net", _("two datasets of nnU-Net v2, unlabelled voxels to be ignored")),
    Choice("monai", "MONAI", _("NIfTI and a datalist")),
    Choice("dicom-seg", "DICOM SEG", _("DICOM segmentations of DICOM series, a segment per artery")),
    Choice("dicom-sr", "DICOM SR", _("DICOM measurement reports with the scores of each artery")),
    Choice("csv", "CSV", _("tables of scores of scans and lesions")),
)

DOUBLE_CHOICES = (
    Choice("", _("each read once")),
    Choice("intra", _("some again by the same reader")),
    Choice("inter", _("some again by another reader")),
)


def strategy_choices() -> list[Choice]:
    """Return the ways to rank slices."""
    return [Choice(name, name, _(each.summary)) for name, each in STRATEGIES.items()]


def config_choices() -> list[Choice]:
    """Return the training configurations that come with the program."""
    return [Choice(name, name) for name in shipped_configs()]


def model_choices(project: Project | None) -> list[Choice]:
    """Return the models that can rank a project's slices, the project's own first.

    One that is gone, or named by a damaged file, is left out: a round of learning says so.
    """
    own: Path | None = None
    if project is not None:
        try:
            own = promoted_model(project.folder)
        except CACError:
            own = None
    first = [] if own is None else [Choice(str(own), _("the project's model, {name}").format(name=own.name))]
    return [*first, *(Choice(name, name) for name in shipped_models())]


def needs_of(request: JobRequest) -> Needs:
    """Return what has to be installed for a job."""
    if isinstance(request, ExportRequest):
        return Needs(False, ("highdicom",) if request.format_name.startswith("dicom") else ())
    if isinstance(request, RankRequest) and not STRATEGIES[request.strategy].needs_model:
        return Needs(False)
    return Needs(True, ("safetensors",))


def is_divided(project: Project) -> bool:
    """Tell whether some patients of a project validate models, without which no round of learning begins."""
    return VALIDATION in parts_of_patients(project.store).values()


def divide(project: Project) -> None:
    """Divide the patients of a project between training, validation and test.

    Raises
    ------
    CACError
        If there are too few of them.
    """
    split_patients(project, VALIDATING_SHARE, TESTING_SHARE, seed=0)
