"""The step *Model*: proposals, and how sure the model is of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from CACScoringLib.errors import CACError

from ...controls.job_choices import model_choices
from ...controls.keys import Command
from ...controls.open_scan import OpenScan
from ...controls.tools import Tool
from ...controls.words import _
from ...proposing.model_runner import ProposalRequest
from ..asked import number_in, whole_in
from ..context import PageContext
from .section import Section

DEVICES = ("auto", "cpu", "cuda")
_MOST_PASSES = 100


class ModelSection(Section):
    """Asks a model, shows its progress, accepts or rejects what it proposes."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(context)
        self._shown, self._opacity = False, 60.0
        self._laid: tuple[Any, ...] = (None, None, None)
        self._refresh_uncertainty()

    def actions(self) -> Mapping[str, Callable[..., object]]:
        """Ask, cancel, accept, dismiss, jump to a doubtful lesion, show the uncertainty."""
        return {
            "propose": self.with_scan(self._ask),
            "cancel_model": self.with_scan(lambda scan: scan.model.cancel()),
            "accept_slice": self.with_scan(lambda scan: self._accept(scan, scan.slice_index)),
            "accept_scan": self.with_scan(lambda scan: self._accept(scan, None)),
            "dismiss": self.with_scan(lambda scan: scan.session.proposals.dismiss()),
            "doubtful": self.with_scan(self._jump),
            "uncertainty": lambda: self.do(Command.UNCERTAINTY),
            "uncertainty_opacity": self._set_opacity,
        }

    def scan_is_open(self, scan: OpenScan) -> None:
        """Another scan has no uncertainty yet."""
        self._shown = False

    def refresh(self) -> None:
        """Show the section as things are now."""
        scan = self._context.scan
        model = scan.model if scan is not None else None
        self._context.show(
            "model",
            {
                "models": [each.title for each in model_choices(self._context.project)],
                "devices": DEVICES,
                "stage": model.stage if model is not None else None,
                "done": model.done if model is not None else 0,
                "total": model.total if model is not None else 0,
                "device": model.device if model is not None else None,
                "seconds": model.seconds if model is not None else 0,
                "proposed": scan is not None and scan.session.proposals.current is not None,
                "has_uncertainty": model is not None and model.variance is not None,
                "doubtful": [
                    {
                        "label": row.label,
                        "doubt": f"{row.doubt:.0%}",
                        "agatston": f"{row.agatston:.1f}",
                        "slice": row.ijk[2] + 1,
                    }
                    for row in (model.doubtful if model is not None else ())
                ],
            },
        )
        self._refresh_uncertainty()
        if scan is not None:
            self._lay_over(scan)

    def do(self, command: Command | Tool) -> bool:
        """Show the uncertainty over the CT, or not."""
        if command is not Command.UNCERTAINTY:
            return False
        scan = self._context.scan
        if scan is not None and scan.model.variance is not None:
            self._shown = not self._shown
        else:
            self._context.say(_("Propose with passes first: they tell how sure the model is"))
        return True

    def _refresh_uncertainty(self) -> None:
        self._context.show("uncertainty", {"shown": self._shown, "opacity": self._opacity})

    def _ask(self, scan: OpenScan, whole: object, model: object, device: object, passes: object) -> None:
        models = model_choices(self._context.project)
        if not models or device not in DEVICES:
            raise CACError(_("choose a model and a device of the lists"))
        here = scan.slice_index
        if not whole and here is None:
            return
        slices = None if whole or here is None else (here, here + 1)
        chosen = models[whole_in(model, 0, len(models) - 1)].value
        passes_asked = whole_in(passes, 0, _MOST_PASSES)
        scan.model.ask(ProposalRequest(chosen, slices, device=str(device), passes=passes_asked))

    def _accept(self, scan: OpenScan, slice_index: int | None) -> None:
        done = scan.session.proposals.accept(slice_index)
        self._context.say(_("Proposal accepted") if done else _("Nothing is proposed that has no label yet"))

    def _jump(self, scan: OpenScan, row: object) -> None:
        rows = scan.model.doubtful
        if rows:
            scan.go_to(rows[whole_in(row, 0, len(rows) - 1)].ijk)

    def _set_opacity(self, percent: object) -> None:
        self._opacity = number_in(percent, 0, 100)

    def _lay_over(self, scan: OpenScan) -> None:
        """Lay the uncertainty over the CT, where that has changed: a view is drawn for each setting."""
        variance = scan.model.variance if self._shown else None
        laid = (scan, variance, self._opacity)
        if all(one is two for one, two in zip(laid, self._laid, strict=True)):
            return
        self._laid = laid
        if variance is not None:
            scan.nodes.uncertainty.show(variance)
        if scan.model.variance is not None:
            scan.nodes.uncertainty.show_legend(variance is not None)
        node = scan.nodes.uncertainty.node if variance is not None else None
        self._context.place.views.lay_over(node, self._opacity / 100)
