"""What a panel asks to be done with a project, as JSON can hold it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from CACScoringLib.errors import CACError

if TYPE_CHECKING:
    from CACScoringLib.model.prediction.engines import Device


@dataclass(frozen=True)
class RankRequest:
    """Rank the unlabelled slices, and queue the first of them as a round.

    Parameters
    ----------
    strategy, budget, model, passes, seed, device
        As of :class:`~CACAnnotationLib.ranking.run.RankingRun`.
    double, share
        Who reads some of the slices twice, ``""`` for nobody, and which share of them: as of
        :class:`~CACAnnotationLib.queueing.rounds.DoubleReading`.
    """

    strategy: str
    budget: int
    model: str | None = None
    passes: int = 10
    seed: int = 0
    device: Device = "auto"
    double: str = ""
    share: float = 0.1


@dataclass(frozen=True)
class RoundRequest:
    """Train on what is signed off, promote the model if it is not worse, rank with it, and queue a round.

    Parameters
    ----------
    config, strategy, budget, passes, seed, device, double, share
        As of :class:`~CACAnnotationLib.rounds.plan.RoundPlan`.
    """

    config: str
    strategy: str
    budget: int
    passes: int = 10
    seed: int = 0
    device: Device = "auto"
    double: str = ""
    share: float = 0.1


@dataclass(frozen=True)
class ExportRequest:
    """Write the labels for training elsewhere.

    Parameters
    ----------
    format_name
        A key of :data:`~CACAnnotationLib.export.formats.FORMATS`.
    out
        Folder to be made, or an empty one.
    identified
        Name files after the scans' own names instead of pseudonyms.
    """

    format_name: str
    out: str
    identified: bool = False


JobRequest = RankRequest | RoundRequest | ExportRequest
_KINDS: dict[str, type[JobRequest]] = {"rank": RankRequest, "round": RoundRequest, "export": ExportRequest}


def fields_of(request: JobRequest) -> dict[str, Any]:
    """Return a request as JSON can hold it."""
    kind = next(name for name, each in _KINDS.items() if isinstance(request, each))
    return {"job": kind, **dataclasses.asdict(request)}


def request_of(fields: dict[str, Any]) -> JobRequest:
    """Return the request of :func:`fields_of`.

    Raises
    ------
    CACError
        If there is no such job, or it is asked for in another way.
    """
    wanted = dict(fields)
    try:
        return _KINDS[wanted.pop("job")](**wanted)
    except (KeyError, TypeError) as error:
        raise CACError(f"there is no such job: {error}") from error
