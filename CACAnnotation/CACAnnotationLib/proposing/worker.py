"""The process that runs a model for a panel: requests come in as lines, predictions go into folders.

It keeps the last model and scan, so that the next slice costs its computation and nothing else. It ends with
its input, and so with the panel, whatever ended that.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from typing import IO, TYPE_CHECKING, Any

import numpy as np
from CACScoringLib.errors import CACError
from CACScoringLib.scans.ct_scan import CTScan
from CACScoringLib.scoring.protocol import ScoringProtocol

from .messages import geometry_of, received, send
from .slab import slab

if TYPE_CHECKING:
    from CACScoringLib.model.store import Model


class Worker:
    """Answers requests one after the other.

    Parameters
    ----------
    answers
        Where messages to the panel go.
    """

    def __init__(self, answers: IO[str]) -> None:
        self._answers = answers
        self._scan: CTScan | None = None
        self._model: tuple[str, Model] | None = None
        self._cancelled: set[int] = set()

    def cancel(self, number: int) -> None:
        """Give a request up, whether it is under way or waiting."""
        self._cancelled.add(number)

    def take(self, message: dict[str, Any]) -> None:
        """Take a scan up, or answer a request; errors go to the panel."""
        if message["kind"] == "scan":
            values = np.load(message["file"], mmap_mode="r")
            self._scan = CTScan(values, geometry_of(message["geometry"]))
            return
        number = message["number"]
        try:
            self._answer(number, message)
        except Exception as error:  # whatever it was, the panel has to hear of it
            said = str(error) if isinstance(error, CACError) else f"the model failed: {error!r}"
            send(self._answers, "failed", number=number, text=said)

    def _answer(self, number: int, message: dict[str, Any]) -> None:
        from CACScoringLib.model.prediction.gathered_passes import PassOptions
        from CACScoringLib.model.prediction.prediction import PredictionOptions, write_prediction

        def told(stage: str, done: int, total: int) -> None:
            send(self._answers, "progress", number=number, stage=stage, done=done, total=total)

        told("Getting ready", 0, 0)
        assert self._scan is not None
        model = self._loaded(message["model"])
        passes = PassOptions(message["passes"]) if message["passes"] else None
        options = PredictionOptions(message["precision"], message["device"], passes)
        protocol = ScoringProtocol(**message["protocol"])
        write_prediction(
            Path(message["out"]),
            model,
            slab(self._scan, *message["slices"]),
            protocol,
            options,
            progress=told,
            cancelled=lambda: number in self._cancelled,
        )
        send(self._answers, "answered", number=number)

    def _loaded(self, name: str) -> Model:
        from CACScoringLib.model.store import load_model

        if self._model is None or self._model[0] != name:
            self._model = name, load_model(name)
        return self._model[1]


def main() -> None:
    """Take messages; what cancels is heard at once, all else in turn."""
    # what libraries print must not get among the messages
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    worker = Worker(answers)
    waiting: SimpleQueue[dict[str, Any]] = SimpleQueue()
    threading.Thread(target=_listen, args=(worker.cancel, waiting), daemon=True).start()
    while True:
        worker.take(waiting.get())


def _listen(cancel: Callable[[int], None], waiting: SimpleQueue[dict[str, Any]]) -> None:
    for line in sys.stdin:
        message = received(line)
        if message["kind"] == "cancel":
            cancel(message["number"])
        else:
            waiting.put(message)
    # the panel is gone: nobody waits for what is under way
    os._exit(0)


if __name__ == "__main__":
    main()
