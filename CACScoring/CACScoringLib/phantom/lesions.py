"""Plans and deposits become rendered plaques."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..schemes import OTHER
from .calcium import LesionPlan
from .coronaries import Branch
from .extracoronary import ExtraCalcium
from .motion import Poses
from .plaque import Rendered, coronary_plaque, render
from .protocol import Protocol


@dataclass(frozen=True, eq=False)
class Lesion:
    """A rendered plaque: ``place`` is a branch name in a coronary artery, otherwise a site."""

    artery: str
    place: str
    rendered: Rendered


def coronary_lesions(
    rng: np.random.Generator,
    plans: Sequence[LesionPlan],
    tree: dict[str, Branch],
    protocol: Protocol,
    poses: Poses,
) -> list[Lesion]:
    """Render planned lesions; one planned for a side branch that the patient lacks goes to its parent."""
    lesions = []
    for plan in plans:
        branch = tree.get(plan.branch) or tree[{"D": "LAD", "O": "LCX"}[plan.branch[0]]]
        nodules = coronary_plaque(rng, branch, plan.share, plan.mass_mg, plan.concentration_mg_cm3)
        rendered = render(nodules, protocol, poses.of(branch))
        if rendered:
            lesions.append(Lesion(branch.artery, branch.name, rendered))
    return lesions


def extracoronary_lesions(found: Sequence[ExtraCalcium], protocol: Protocol) -> list[Lesion]:
    """Render deposits outside the coronary arteries."""
    rendered = [(each.site, render(each.nodules, protocol)) for each in found]
    return [Lesion(OTHER, site, plaque) for site, plaque in rendered if plaque]
