"""The network that a run begins with."""

from __future__ import annotations

import dataclasses
import hashlib

from CACScoringLib.errors import CACError
from CACScoringLib.model.configuration import NetworkConfig
from CACScoringLib.model.networks import build_network
from CACScoringLib.model.store import load_model

from .configuration import TrainingConfig
from .losses import LearningNetwork


def new_learner(config: TrainingConfig, start_from: str | None) -> tuple[LearningNetwork, str | None]:
    """Build what is to learn, and the SHA-256 of the weights that it starts from; None for fresh ones."""
    network = build_network(config.network)
    digest = None
    if start_from is not None:
        model = load_model(start_from)
        if not same_network(model.config, config.network):
            raise CACError(f"{start_from} holds another network than the configuration's [network] describes")
        network.load_state_dict(model.network.state_dict())
        weights = hashlib.sha256()
        for value in model.network.state_dict().values():
            weights.update(value.numpy().tobytes())
        digest = weights.hexdigest()
    return LearningNetwork(network, config.loss), digest


def same_network(one: NetworkConfig, other: NetworkConfig) -> bool:
    """Tell whether weights of one network fit another."""
    # how often features are dropped while training is no property of the weights
    return dataclasses.replace(one, innermost_dropout=other.innermost_dropout) == other
