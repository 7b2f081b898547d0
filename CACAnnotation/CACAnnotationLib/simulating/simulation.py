"""An experiment in active learning from its first slice to its last, each step kept once it is done."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from CACScoringLib.whole_files import write_whole

from ..project.pool import pool_of
from ..project.project import Project
from ..ranking.run import RankingRun
from ..store.parts import VALIDATION
from ..training.configuration import TrainingConfig
from ..training.folder_lock import FolderBusyError, locked
from .base_project import copy_project, make_base_project
from .choosing import Chosen, choose
from .labelling import Labelled, label_chosen, labelled_so_far
from .mistakes import Mistakes
from .plan import SimulationPlan, check_or_write_plan
from .rounds import ALL_DATA, EVERY_STRATEGY, RESULT_NAME, Round, write_round
from .simulated_reader import SimulatedReader
from .testing import results_of

if TYPE_CHECKING:
    from CACScoringLib.model.prediction.engines import Device

LABELLED_NAME, PROJECT_NAME, RUN_NAME = "labelled.json", "project", "run"
_LOCK = ".lock"


@dataclass(frozen=True)
class _Stage:
    """A labelled project, how long choosing and labelling took, and what is labelled in it."""

    project: Path
    labelled: Labelled
    choosing_s: float
    labelling_s: float


class Simulation:
    """One experiment; :meth:`run` does what of it is not done yet.

    Folder ``seed-S`` holds ``start`` and ``all-data``, projects with the slices of the first round and with
    all, and below ``seed-S/LOSS`` a folder for each model: ``start``, ``STRATEGY/round-N`` and ``all-data``.

    Parameters
    ----------
    cohort
        Scans with ``cac.nrrd`` and ``car.nrrd``.
    plan
        What is compared.
    out
        Folder of the simulation; what was done in it before is gone on with.
    device
        Where models compute.
    tell
        Told in a sentence what was done.
    """

    def __init__(
        self,
        cohort: Path,
        plan: SimulationPlan,
        out: Path,
        device: Device = "auto",
        tell: Callable[[str], object] = lambda sentence: None,
    ) -> None:
        self._cohort, self._plan, self._out = cohort, plan, out
        self._device: Device = device
        self._tell = tell

    def run(self) -> bool:
        """Do what is not done yet, seed after seed.

        Returns
        -------
        False if another process works on some of it; the same command may run several times at once.

        Raises
        ------
        CACError
            If the folder holds another simulation, the cohort cannot be used, or a step fails.
        """
        with locked(self._out / _LOCK, waiting=lambda: None):
            check_or_write_plan(self._out, self._plan, self._cohort)
            for reader_seed in sorted(set(self._plan.reader_seeds.values())):
                self._base(reader_seed)
        whole = True
        for seed in self._plan.seeds:
            try:
                with locked(self._out / f"seed-{seed}" / _LOCK):
                    self._seed(seed)
            except FolderBusyError:
                self._tell(f"seed {seed}: another process works on it")
                whole = False
        return whole

    def _seed(self, seed: int) -> None:
        start = self._start(seed)
        for loss in self._plan.losses:
            folder = self._out / f"seed-{seed}" / loss
            first = Round(loss, seed, EVERY_STRATEGY, 1)
            self._round(folder / "start", first, start, self._plan.config_of(loss, seed))
            for strategy in self._plan.strategies:
                before = folder / "start"
                project = start.project
                for number in range(2, len(self._plan.rounds) + 1):
                    place = folder / strategy / f"round-{number}"
                    stage = self._next(place, project, before, strategy, seed, number)
                    config = self._plan.config_of(loss, seed, later=True)
                    self._round(place, Round(loss, seed, strategy, number), stage, config, before)
                    before, project = place, stage.project
            config = self._plan.config_of_reference(loss, seed)
            everything = self._everything(self._plan.reader_seeds[seed])
            self._round(folder / ALL_DATA, Round(loss, seed, ALL_DATA, 0), everything, config)

    def _base(self, reader_seed: int) -> Path:
        """Project with the validation part labelled."""
        folder = self._out / f"reader-{reader_seed}" / "base"

        def chosen(project: Project) -> Chosen:
            return {entry.id: slices for entry, slices in pool_of(project, VALIDATION)}

        def made() -> Project:
            self._tell(f"reader {reader_seed}: the validation patients are labelled")
            plan = self._plan
            return make_base_project(self._cohort, folder / PROJECT_NAME, plan.validation, plan.test)

        return self._labelled(folder, made, chosen, reader_seed).project

    def _start(self, seed: int) -> _Stage:
        """Slices of the first round, the same for every loss."""
        reader_seed = self._plan.reader_seeds[seed]
        folder = self._out / f"seed-{seed}" / "start"

        def chosen(project: Project) -> Chosen:
            run = RankingRun("random", self._plan.rounds[0], seed=_draw_seed(seed, 1), out=folder / "ranking")
            return choose(project, run)

        return self._labelled(
            folder, lambda: copy_project(self._base(reader_seed), folder / PROJECT_NAME), chosen, reader_seed
        )

    def _everything(self, reader_seed: int) -> _Stage:
        """All slices of the training part."""
        folder = self._out / f"reader-{reader_seed}" / ALL_DATA

        def chosen(project: Project) -> Chosen:
            self._tell(f"reader {reader_seed}: all slices are labelled")
            return {entry.id: slices for entry, slices in pool_of(project)}

        with locked(folder / _LOCK, waiting=lambda: None):
            return self._labelled(
                folder,
                lambda: copy_project(self._base(reader_seed), folder / PROJECT_NAME),
                chosen,
                reader_seed,
            )

    def _next(
        self, folder: Path, project: Path, before: Path, strategy: str, seed: int, number: int
    ) -> _Stage:
        """Slices of a later round."""
        model = before / RUN_NAME / "model"
        budget = self._plan.rounds[number - 1] - self._plan.rounds[number - 2]

        def chosen(copied: Project) -> Chosen:
            run = RankingRun(
                strategy,
                budget,
                model,
                self._plan.passes,
                _draw_seed(seed, number),
                self._device,
                # what the model before doubts is the same for all strategies
                out=before / "ranking",
            )
            return choose(copied, run)

        return self._labelled(
            folder,
            lambda: copy_project(project, folder / PROJECT_NAME),
            chosen,
            self._plan.reader_seeds[seed],
            model if self._plan.proposals else None,
        )

    def _labelled(
        self,
        folder: Path,
        made: Callable[[], Project],
        chosen: Callable[[Project], Chosen],
        reader_seed: int,
        model: Path | None = None,
    ) -> _Stage:
        """Make a project and label what is chosen in it, from the beginning unless it was done to the end."""
        done = folder / LABELLED_NAME
        if not done.is_file():
            project = made()
            began = time.perf_counter()
            slices = chosen(project)
            ranked = time.perf_counter()
            reader = SimulatedReader(mistakes=Mistakes(self._plan.errors, reader_seed))
            label_chosen(project, slices, reader, model, self._device)
            seconds = ranked - began, time.perf_counter() - ranked
            document = {
                "chosen": slices,
                "labelled": labelled_so_far(project, reader.seconds),
                "seconds": seconds,
            }
            project.store.close()
            write_whole(done, json.dumps(document) + "\n")
        document = json.loads(done.read_text(encoding="utf-8"))
        return _Stage(folder / PROJECT_NAME, Labelled(*document["labelled"]), *document["seconds"])

    def _round(
        self, folder: Path, about: Round, stage: _Stage, config: TrainingConfig, before: Path | None = None
    ) -> None:
        """Train on a labelled project, going on from the model before, and test."""
        if (folder / RESULT_NAME).is_file():
            return
        from ..training.trainer import train

        began = time.perf_counter()
        trained = train(
            stage.project,
            config,
            folder / RUN_NAME,
            device=self._device,
            start_from=None if before is None else str(before / RUN_NAME / "model"),
            cache=self._out / "slices",
        )
        learnt = time.perf_counter()
        project = Project.open(stage.project)
        scans = list(results_of(trained.model, project, self._device))
        project.store.close()
        seconds = {
            "choosing": stage.choosing_s,
            "labelling": stage.labelling_s,
            "training": learnt - began,
            "testing": time.perf_counter() - learnt,
        }
        result = about.with_result(stage.labelled, seconds, trained.progress.epochs, scans)
        write_round(folder, result)
        self._tell(f"{result} ({seconds['training']:.0f} s training, {seconds['testing']:.0f} s testing)")


def _draw_seed(seed: int, number: int) -> int:
    """Seed of what is drawn at random in a round."""
    return 1000 * seed + number
