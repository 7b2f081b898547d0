"""The running average of a network's weights."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from CACAnnotationLib.training.averaging import WeightAverage  # noqa: E402


def network_at(value: float) -> torch.nn.BatchNorm1d:
    """Network whose weights, running means and variances are all the same."""
    network = torch.nn.BatchNorm1d(1)
    set_to(network, value)
    return network


def set_to(network: torch.nn.Module, value: float) -> None:
    with torch.no_grad():
        for each in network.state_dict().values():
            each.fill_(value)


def test_without_averaging_it_is_the_learning_network_itself() -> None:
    network = network_at(1.0)
    average = WeightAverage(network, 0)

    set_to(network, 4.0)
    average.follow(1)

    assert average.network is network


def test_it_forgets_fresh_weights_soon_and_later_keeps_its_share() -> None:
    network = network_at(0.0)
    average, expected = WeightAverage(network, 0.9), 0.0
    for step in range(1, 200):
        set_to(network, step)
        average.follow(step)

        keep = min(0.9, step / (10 + step))
        expected = keep * expected + (1 - keep) * step
        for name, value in average.network.state_dict().items():
            if name == "num_batches_tracked":
                assert value == step
            else:
                assert value.item() == pytest.approx(expected, rel=1e-5)
    # of a steady climb, it lags keep / (1 - keep) steps behind
    assert expected == pytest.approx(199 - 9, abs=0.1)


def test_it_is_no_part_of_what_learns() -> None:
    network = network_at(1.0)
    average = WeightAverage(network, 0.5)
    set_to(average.network, 7.0)

    assert network.weight.item() == 1
