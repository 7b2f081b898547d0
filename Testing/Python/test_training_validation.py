"""Validation figures are those of the calibrated network, whatever weight OTHER had in the loss."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from CACAnnotationLib.training.configuration import LossConfig  # noqa: E402
from CACAnnotationLib.training.losses import NO_CLASS, LearningNetwork  # noqa: E402
from CACAnnotationLib.training.processes import joined_processes  # noqa: E402
from CACAnnotationLib.training.slice_dataset import Example  # noqa: E402
from CACAnnotationLib.training.validation import Validation, validate  # noqa: E402
from CACScoringLib.model.calibration import fit_scaling  # noqa: E402
from CACScoringLib.model.networks import Answer  # noqa: E402


class Known(torch.nn.Module):
    """Answers with what its input says: the margin of calcium, and the artery."""

    def __init__(self, offset: float, *, by_artery: bool = False) -> None:
        super().__init__()
        self.offset, self.by_artery = offset, by_artery

    def forward(self, image: torch.Tensor) -> Answer | torch.Tensor:
        margin, artery = image[:, 0] + self.offset, image[:, 1].long()
        one_hot = torch.nn.functional.one_hot(artery, 4).movedim(-1, 1).float()
        if self.by_artery:
            scores = margin[:, None] - 20 * (1 - one_hot)
            scores[:, 0] = 0
            return scores
        return Answer(5 * one_hot, torch.stack([torch.zeros_like(margin), margin], dim=1))


def batches(*, smallest_artery: int = 0, calcium: bool = True) -> list[Example]:
    generator = torch.Generator().manual_seed(3)
    made = []
    for _ in range(3):
        truth = torch.randint(0, 4, (2, 16, 20), generator=generator)
        truth *= torch.rand(truth.shape, generator=generator) < (0.2 if calcium else 0)
        margin = 2 * torch.randn(truth.shape, generator=generator) + 4 * (truth > 0) - 3
        wrong = torch.rand(truth.shape, generator=generator) < 0.3
        drawn = torch.randint(smallest_artery, 4, truth.shape, generator=generator)
        artery = torch.where(wrong | (truth == 0), drawn, truth)
        lesion = truth.to(torch.int8)
        lesion[:, :3] = NO_CLASS
        made.append(Example(torch.stack([margin, artery.float()], dim=1), torch.zeros_like(lesion), lesion))
    return made


def figures(network: torch.nn.Module, examples: list[Example]) -> Validation:
    with joined_processes("cpu") as processes:
        return validate(LearningNetwork(network, LossConfig()), examples, 4, processes, bf16=False)


def test_figures_by_hand() -> None:
    examples = batches()
    labelled = np.concatenate([each.lesion.numpy().ravel() for each in examples]) != NO_CLASS
    truth, margin, artery = (
        np.concatenate([part.numpy().ravel() for part in parts])[labelled]
        for parts in zip(*((e.lesion, e.image[:, 0], e.image[:, 1]) for e in examples), strict=True)
    )
    temperature, shift = fit_scaling(np.stack([np.zeros(truth.size), margin], axis=1), truth > 0)
    called = np.where(margin / temperature > shift, artery, 0)
    asked = (truth > 0).sum() + (called > 0).sum()

    found = figures(Known(0.0), examples)

    # steps of the margin move a few pixels over the threshold
    assert found.micro_f1 == pytest.approx(2 * ((truth > 0) & (called == truth)).sum() / asked, abs=0.01)
    assert found.binary_f1 == pytest.approx(2 * ((truth > 0) & (called > 0)).sum() / asked, abs=0.01)
    assert 0.3 < found.micro_f1 < found.binary_f1 < 0.9


@pytest.mark.parametrize("by_artery", [False, True])
@pytest.mark.parametrize("offset", [-4.0, 6.0])
def test_what_every_margin_has_in_common_changes_nothing(by_artery: bool, offset: float) -> None:
    examples = batches(smallest_artery=1)
    as_it_is = figures(Known(0.0, by_artery=by_artery), examples)
    moved = figures(Known(offset, by_artery=by_artery), examples)

    assert moved.micro_f1 == pytest.approx(as_it_is.micro_f1, abs=1e-3)
    assert moved.binary_f1 == pytest.approx(as_it_is.binary_f1, abs=1e-3)
    assert moved.loss != as_it_is.loss


def test_without_calcium_there_is_none_to_find() -> None:
    cautious, flooding = (figures(Known(offset), batches(calcium=False)) for offset in (-30.0, 30.0))

    assert np.isnan(cautious.micro_f1)
    assert flooding.micro_f1 == flooding.binary_f1 == 0
