"""Losses over sparse labels: by hand, by finite differences, and where nothing is labelled."""

from __future__ import annotations

import math

import pytest

torch = pytest.importorskip("torch")

from CACAnnotationLib.training.configuration import LossConfig  # noqa: E402
from CACAnnotationLib.training.losses import (  # noqa: E402
    NO_CLASS,
    LearningNetwork,
    StaticWeighting,
    TaskLoss,
    UncertaintyWeighting,
    focal_loss,
)
from CACScoringLib.model.configuration import NetworkConfig  # noqa: E402
from CACScoringLib.model.networks import build_network  # noqa: E402

TINY = NetworkConfig(first_channels=4, channels=(4, 4), innermost_dropout=0.0)


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)


def task(value: float, labelled: bool = True) -> TaskLoss:
    return TaskLoss(torch.tensor(value), torch.tensor(float(labelled)))


@pytest.mark.parametrize("other_weight", [0.01, 0.3])
def test_focal_loss_is_the_weighted_sum_of_the_paper_over_the_sum_of_weights(other_weight: float) -> None:
    probabilities = torch.tensor([[0.7, 0.1, 0.1, 0.1], [0.2, 0.5, 0.2, 0.1], [0.05, 0.05, 0.1, 0.8]])
    scores = (probabilities.log() + 3.0).T[None, :, None, :]
    classes = torch.tensor([[[0, 1, NO_CLASS]]], dtype=torch.int8)

    loss, labelled = focal_loss(scores, classes, other_weight)

    other = -other_weight * (1 - 0.7) ** 2 * math.log(0.7)
    lad = -1.0 * (1 - 0.5) ** 2 * math.log(0.5)
    assert float(loss) == pytest.approx((other + lad) / (other_weight + 1.0), rel=1e-5)
    assert float(labelled) == 1


def test_sure_and_right_costs_nothing_and_sure_and_wrong_stays_finite() -> None:
    scores = torch.tensor([[[[200.0, 200.0]], [[-200.0, -200.0]]]], requires_grad=True)

    right = focal_loss(scores, torch.tensor([[[0, NO_CLASS]]], dtype=torch.int8), 0.01).loss
    wrong = focal_loss(scores, torch.tensor([[[1, NO_CLASS]]], dtype=torch.int8), 0.01).loss
    (right + wrong).backward()

    assert float(right.detach()) == 0
    assert float(wrong.detach()) == pytest.approx(400)
    assert scores.grad.isfinite().all()


def test_gradient_agrees_with_finite_differences() -> None:
    scores = torch.randn(2, 4, 3, 3, dtype=torch.float64, requires_grad=True)
    classes = torch.randint(-1, 4, (2, 3, 3), dtype=torch.int8)

    # the loss itself is computed in float32
    def loss(values: torch.Tensor) -> torch.Tensor:
        return focal_loss(values, classes, 0.01).loss

    (gradient,) = torch.autograd.grad(loss(scores), scores)
    step = 1e-2
    for place in [(0, 0, 0, 0), (0, 2, 1, 1), (1, 3, 2, 2), (1, 1, 0, 2)]:
        moved = torch.zeros_like(scores)
        moved[place] = step
        numeric = (loss(scores + moved) - loss(scores - moved)) / (2 * step)
        assert float(gradient[place].detach()) == pytest.approx(float(numeric.detach()), abs=2e-4)


def test_unlabelled_pixels_have_a_gradient_of_exactly_zero_whatever_stands_there() -> None:
    scores = torch.randn(2, 4, 8, 8)
    classes = torch.randint(-1, 4, (2, 8, 8), dtype=torch.int8)
    unlabelled = classes == NO_CLASS
    scores.movedim(1, -1)[unlabelled] = float("nan")
    scores.requires_grad_()

    focal_loss(scores, classes, 0.01).loss.backward()

    by_pixel = scores.grad.movedim(1, -1)
    assert (by_pixel[unlabelled] == 0).all()
    assert (by_pixel[~unlabelled] != 0).any(dim=1).all()
    assert by_pixel.isfinite().all()


def test_weightings_by_hand() -> None:
    assert float(StaticWeighting(0.4)(task(2.0), task(3.0))) == pytest.approx(0.4 * 2 + 0.6 * 3)
    weighting = UncertaintyWeighting().requires_grad_(False)
    assert float(weighting(task(2.0), task(3.0))) == pytest.approx(5.0)

    weighting.log_variance.data = torch.tensor([math.log(4.0), math.log(0.25)])

    expected = 2 / 4 + 3 / 0.25 + math.log(2.0) + math.log(0.5)
    assert float(weighting(task(2.0), task(3.0))) == pytest.approx(expected)


def test_learnt_balance_settles_where_the_variance_is_twice_the_loss() -> None:
    weighting = UncertaintyWeighting()
    optimizer = torch.optim.Adam(weighting.parameters(), lr=0.05)
    for _ in range(400):
        optimizer.zero_grad()
        weighting(task(0.3), task(0.02)).backward()
        optimizer.step()

    assert weighting.log_variance.exp().tolist() == pytest.approx([0.6, 0.04], rel=0.02)


def test_task_without_labels_leaves_its_variance_alone() -> None:
    weighting = UncertaintyWeighting()

    weighting(task(2.0), task(0.0, labelled=False)).backward()

    assert weighting.log_variance.grad[1] == 0
    assert weighting.log_variance.grad[0] != 0


@pytest.mark.parametrize("kind", ["multitask", "single_task", "sequential"])
@pytest.mark.parametrize("weighting", ["uncertainty", "static"])
@pytest.mark.parametrize("labelled", ["neither", "region", "lesion"])
def test_batches_without_labels_of_a_task_give_finite_gradients(
    kind: str, weighting: str, labelled: str
) -> None:
    config = NetworkConfig(kind=kind, first_channels=4, channels=(4, 4), innermost_dropout=0.0)  # type: ignore[arg-type]
    learner = LearningNetwork(build_network(config), LossConfig(weighting))  # type: ignore[arg-type]
    nothing = torch.full((2, 16, 16), NO_CLASS, dtype=torch.int8)
    some = torch.randint(-1, 4, (2, 16, 16), dtype=torch.int8)

    objective = learner(
        torch.randn(2, 2, 16, 16),
        some if labelled == "region" else nothing,
        some if labelled == "lesion" else nothing,
    )
    objective.total.backward()

    assert objective.total.isfinite()
    gradients = [each.grad for each in learner.parameters() if each.grad is not None]
    assert all(gradient.isfinite().all() for gradient in gradients)
    learns = labelled == "lesion" or (labelled == "region" and kind != "single_task")
    assert any((gradient != 0).any() for gradient in gradients) == learns
    assert (float(objective.total.detach()) != 0) == learns


def test_multitask_network_learns_calcium_as_calcium_and_arteries_from_regions() -> None:
    learner = LearningNetwork(build_network(TINY), LossConfig("static", alpha=0.0))
    image = torch.randn(2, 2, 16, 16)
    region = torch.zeros(2, 16, 16, dtype=torch.int8)

    losses = {
        artery: float(learner(image, region, torch.full_like(region, artery)).lesion.loss)
        for artery in (0, 1, 3)
    }

    assert losses[1] == losses[3] != losses[0]
