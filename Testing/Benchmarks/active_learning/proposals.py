"""What proposals save the simulated reader: the test scans, read with and without them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from CACAnnotationLib.effort.reader_effort import effort_of
from CACAnnotationLib.project.pool import pool_of
from CACAnnotationLib.project.project import Project
from CACAnnotationLib.simulating.base_project import TRUTH_NAME, make_base_project
from CACAnnotationLib.simulating.curves import Curves
from CACAnnotationLib.simulating.labelling import label_chosen
from CACAnnotationLib.simulating.rounds import Round
from CACAnnotationLib.simulating.simulated_reader import SimulatedReader
from CACAnnotationLib.store.parts import TEST

_KEPT = "proposals.json"


def reading_with_proposals(work: Path, curves: Curves) -> dict[str, Any] | None:
    """Have the test scans read on proposals of the best model so far, and without; effort of both.

    Returns
    -------
    The model in words, its micro-F1, and the documents of ``cac effort``; None before a round is done.
    """
    models = [each for each in curves.rounds if each.number == curves.last]
    if not models:
        return None
    best = max(models, key=lambda each: each.figures["micro_f1"])
    folder = work / "proposals"
    kept = folder / _KEPT
    if kept.is_file():
        found = json.loads(kept.read_text(encoding="utf-8"))
        if found["model"] == str(best):
            return found
    efforts = {
        name: _effort(work, folder / place, model)
        for name, place, model in (("without", "none", None), ("with", _key(best), _folder(work, best)))
    }
    found = {"model": str(best), "micro_f1": best.figures["micro_f1"], **efforts}
    kept.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    return found


def _effort(work: Path, folder: Path, model: Path | None) -> dict[str, Any]:
    """Effort on the test scans; what was read before a kill is not read again."""
    plan = json.loads((work / "run" / "simulation.json").read_text(encoding="utf-8"))
    if (folder / TRUTH_NAME).is_file():
        project = Project.open(folder)
    else:
        project = make_base_project(work / "cohort", folder, plan["validation"], plan["test"])
    label_chosen(project, _slices(project), SimulatedReader(), model, "cpu")
    (effort,) = effort_of(project.store)
    project.store.close()
    return effort.as_document()


def _slices(project: Project) -> dict[int, list[int]]:
    return {entry.id: slices for entry, slices in pool_of(project, TEST)}


def _key(model: Round) -> str:
    return f"{model.loss}-{model.strategy}-{model.seed}"


def _folder(work: Path, model: Round) -> Path:
    place = f"{model.strategy}/round-{model.number}"
    return work / "run" / f"seed-{model.seed}" / model.loss / place / "run" / "model"
