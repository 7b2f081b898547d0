"""A network whose answers are no numbers is named; it is not reported as one that found no calcium."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from CACScoringLib.errors import CACError
from CACScoringLib.model.prediction import engines, monte_carlo
from CACScoringLib.model.prediction.answers import are_numbers
from CACScoringLib.model.prediction.engines import TorchEngine
from CACScoringLib.model.prediction.folding import folded
from CACScoringLib.model.prediction.passes import candidate_passes
from CACScoringLib.model.prediction.proposal import propose
from CACScoringLib.model.prediction.slices import Precision
from CACScoringLib.model.proposed_lesions import ProposedLesion
from CACScoringLib.model.relevance import explain
from CACScoringLib.model.store import Model
from prediction_models import noisy_scan, small_model

SAID = "the answers of the model 'small' are no numbers: its weights are damaged or too large"


def with_huge_weights() -> Model:
    model = small_model()
    with torch.no_grad():
        for weights in model.network.parameters():
            weights *= 1e30
    return model


@pytest.fixture(params=[True, False], ids=["openvino", "pytorch"])
def with_openvino(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param:
        pytest.importorskip("openvino")
        return
    for module in (engines, monte_carlo):
        monkeypatch.setattr(module, "openvino_precisions", lambda: frozenset())


@pytest.mark.usefixtures("with_openvino")
@pytest.mark.parametrize("precision", ["exact", "fast", "focused"])
def test_weights_that_are_too_large_are_said(precision: Precision) -> None:
    with pytest.raises(CACError, match=SAID):
        propose(with_huge_weights(), noisy_scan(), precision)


@pytest.mark.usefixtures("with_openvino")
def test_weights_that_are_too_large_are_said_of_passes_and_explanations() -> None:
    model, scan = with_huge_weights(), noisy_scan()
    with pytest.raises(CACError, match=SAID):
        list(candidate_passes(model, scan, 2))
    lesion = ProposedLesion(1, "LAD", np.flatnonzero(scan.values > 130)[:5])
    with pytest.raises(CACError, match=SAID):
        explain(model, scan, lesion, "cpu")


@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_one_pixel_that_is_no_number_is_enough(number: float) -> None:
    scores = torch.zeros(3, 4, 5, 6)
    assert are_numbers([scores.softmax(dim=1).numpy()])
    scores[1, 2, 3, 4] = number
    assert not are_numbers([torch.zeros(3, 2, 5, 6), scores.softmax(dim=1)])


def test_what_overflows_in_half_precision_is_computed_in_full() -> None:
    network, image = folded(small_model().network), torch.rand(2, 2, 32, 40)
    with torch.no_grad():
        # values of a million on the way, which the last layer makes small again
        network.lesion_head[0].weight *= 1e6  # type: ignore[index]
        network.lesion_head[0].bias *= 1e6  # type: ignore[index]
        network.lesion_head[2].weight *= 1e-6  # type: ignore[index]
    half, full = (TorchEngine(network, "cpu", half=half) for half in (True, False))
    assert half.name == "PyTorch cpu float16"

    for _ in range(2):
        for found, exact in zip(half.run(image), full.run(image), strict=True):
            assert np.isfinite(exact).all()
            assert np.array_equal(found, exact)

    assert half.name == "PyTorch cpu float32"


def test_what_does_not_overflow_stays_in_half_precision() -> None:
    engine = TorchEngine(folded(small_model().network), "cpu", half=True)
    assert np.isfinite(engine.run(torch.rand(2, 2, 32, 40))[0]).all()
    assert engine.name == "PyTorch cpu float16"
