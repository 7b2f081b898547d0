"""The step *Rounds and export*: ranking, rounds of learning, export, and how they get on."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from CACScoringLib.errors import CACError
from CACScoringLib.processes import python_program

from ...controls.job_choices import (
    DOUBLE_CHOICES,
    FORMAT_CHOICES,
    Choice,
    config_choices,
    divide,
    is_divided,
    model_choices,
    strategy_choices,
)
from ...controls.jobs import JobControl
from ...controls.model_control import Later
from ...controls.words import _
from ...jobs.process import DONE
from ...jobs.requests import ExportRequest, RankRequest, RoundRequest
from ..asked import number_in, whole_in
from ..context import PageContext
from ..downloads import Downloads
from .model_section import DEVICES
from .section import Section

_MOST_SLICES = 100_000


class RoundSection(Section):
    """Starts jobs, shows their progress, and offers what came of them.

    Parameters
    ----------
    context
        Of the page.
    downloads
        Where exports are kept for the browser to fetch.
    later
        Brings what other threads say into this one.
    read
        Walks through a round of the queue.
    ended
        Called when a job has ended.
    """

    def __init__(
        self,
        context: PageContext,
        downloads: Downloads,
        later: Later,
        read: Callable[[int], object],
        ended: Callable[[], object],
    ) -> None:
        super().__init__(context)
        self._downloads, self._read, self._ended = downloads, read, ended
        self._jobs = JobControl(later, context.say, self._on_job, python_program())
        self._packing: asyncio.Task[None] | None = None
        context.show(
            "round_choices",
            {
                "strategies": _listed(strategy_choices()),
                "configs": _listed(config_choices()),
                "doubles": _listed(DOUBLE_CHOICES),
                "formats": _listed(FORMAT_CHOICES),
            },
        )

    def actions(self) -> Mapping[str, Callable[..., object]]:
        """Rank, start a round of learning, export, cancel, read the round that came of it."""
        return {
            "rank": self._rank,
            "start_round": self._start_round,
            "divide": self._divide,
            "export": self._export,
            "cancel_job": self._jobs.cancel,
            "read_round": self._read_round,
        }

    def refresh(self) -> None:
        """Show the section as things are now."""
        jobs = self._jobs
        self._context.show(
            "rounds",
            {
                "busy": jobs.busy,
                "text": self._text(),
                "done": jobs.done,
                "total": jobs.total,
                "new_round": jobs.end.round if jobs.end is not None else None,
                "models": [each.title for each in model_choices(self._context.project)],
            },
        )

    def _text(self) -> str:
        jobs = self._jobs
        if jobs.busy or jobs.end is None:
            return jobs.text
        if jobs.end.state == DONE and isinstance(jobs.request, ExportRequest):
            # Where it lies here is nothing to whoever sits elsewhere.
            return _("The export is packed; your browser saves it")
        return jobs.end.text

    def stop(self) -> None:
        """End what is under way."""
        self._jobs.stop()

    def _rank(
        self, strategy: object, budget: object, model: object, device: object, double: object, share: object
    ) -> None:
        models = model_choices(self._context.project)
        chosen = models[whole_in(model, 0, len(models) - 1)].value if models else None
        self._start(
            RankRequest(
                _chosen(strategy, strategy_choices()),
                whole_in(budget, 1, _MOST_SLICES),
                chosen,
                device=_device(device),
                double=_chosen(double, DOUBLE_CHOICES),
                share=number_in(share, 0, 100) / 100,
            )
        )

    def _start_round(
        self, config: object, strategy: object, budget: object, device: object, double: object, share: object
    ) -> None:
        if not is_divided(self._context.project):
            self._context.show("asks_to_divide", True)
            return
        self._start(
            RoundRequest(
                _chosen(config, config_choices()),
                _chosen(strategy, strategy_choices()),
                whole_in(budget, 1, _MOST_SLICES),
                device=_device(device),
                double=_chosen(double, DOUBLE_CHOICES),
                share=number_in(share, 0, 100) / 100,
            )
        )

    def _divide(self) -> None:
        self._context.show("asks_to_divide", False)
        divide(self._context.project)
        self._context.say(_("The patients are divided: start the round now"))

    def _export(self, format_name: object) -> None:
        chosen = _chosen(format_name, FORMAT_CHOICES)
        folder, _address = self._downloads.new_file(chosen)
        self._start(ExportRequest(chosen, str(folder)))

    def _start(self, request: RankRequest | RoundRequest | ExportRequest) -> None:
        self._jobs.start(self._context.project, request)

    def _read_round(self) -> None:
        if self._jobs.end is not None and self._jobs.end.round is not None:
            self._read(self._jobs.end.round)

    def _on_job(self) -> None:
        if self._jobs.busy:
            return
        self._ended()
        end, request = self._jobs.end, self._jobs.request
        if end is not None and end.state == DONE and isinstance(request, ExportRequest):
            self._packing = asyncio.ensure_future(self._pack(Path(request.out), request.format_name))

    async def _pack(self, folder: Path, format_name: str) -> None:
        """Make one file of an export, which a browser can fetch."""
        path, address = self._downloads.new_file(f"export-{format_name}.zip")
        try:
            await asyncio.to_thread(shutil.make_archive, str(path.with_suffix("")), "zip", folder)
        except OSError as error:
            self._context.say(_("The export cannot be packed: {why}").format(why=error.strerror))
        else:
            self._context.show("download", address)
            self._context.say(_("The export is packed; your browser saves it"))
        self._context.send()


def _listed(choices: Any) -> list[dict[str, str]]:
    return [each._asdict() for each in choices]


def _chosen(asked: object, choices: Any) -> str:
    """Return what was chosen, if it can be.

    Raises
    ------
    CACError
        If it is not among the choices.
    """
    values: list[str] = [each.value for each in choices]
    if asked not in values:
        raise CACError(_("choose one of: {choices}").format(choices=", ".join(values)))
    return str(asked)


def _device(asked: object) -> Any:
    return _chosen(asked, [Choice(each, each) for each in DEVICES])
