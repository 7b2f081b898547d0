"""What is counted of a reader's work."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any


@dataclass
class Effort:
    """Work on some slices.

    Parameters
    ----------
    slices
        How many.
    clicks, strokes
        All that were made, also those that were taken back: see :mod:`.action_kinds`.
    undos
        Steps back and forth again.
    seconds
        Time spent, pauses left out.
    """

    slices: int = 0
    clicks: int = 0
    strokes: int = 0
    undos: int = 0
    seconds: float = 0.0

    def add(self, other: Effort) -> None:
        """Add other work."""
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))

    def as_document(self) -> dict[str, Any]:
        """Return sums, and means per slice, which are None without slices; JSON-able."""
        sums = {each.name: getattr(self, each.name) for each in fields(self)}
        names = [name for name in sums if name != "slices"]
        per_slice = {name: sums[name] / self.slices if self.slices else None for name in names}
        return sums | {"per_slice": per_slice}


@dataclass
class ProposalsMet:
    """What became of proposals in slices that are signed off.

    A lesion is a 3-D component (6-connectivity) of calcium that was accepted as one artery's. It is untouched
    if every voxel of it still has the label that the model gave. What a reader passed over without accepting
    or rejecting it leaves no event, and is not counted.

    Parameters
    ----------
    lesions_accepted, lesions_untouched
        Accepted ones, and those of them that nobody changed later.
    lesions_rejected
        Rejected ones.
    voxels_accepted, voxels_untouched
        Voxels of accepted lesions.
    regions_accepted, regions_untouched
        Slices whose regions were accepted, and those of them without a later stroke.
    """

    lesions_accepted: int = 0
    lesions_untouched: int = 0
    lesions_rejected: int = 0
    voxels_accepted: int = 0
    voxels_untouched: int = 0
    regions_accepted: int = 0
    regions_untouched: int = 0

    def add(self, other: ProposalsMet) -> None:
        """Add other proposals."""
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))

    @property
    def untouched_share(self) -> float | None:
        """Share of lesions accepted and left alone, of all accepted or rejected; None without any."""
        decided = self.lesions_accepted + self.lesions_rejected
        return self.lesions_untouched / decided if decided else None

    def as_document(self) -> dict[str, Any]:
        """Return counts and shares; JSON-able, shares of nothing are None."""
        counts = {each.name: getattr(self, each.name) for each in fields(self)}
        return counts | {
            "lesions_untouched_share": self.untouched_share,
            "voxels_untouched_share": _share(self.voxels_untouched, self.voxels_accepted),
            "regions_untouched_share": _share(self.regions_untouched, self.regions_accepted),
        }


@dataclass
class ReaderEffort:
    """A reader's work.

    Parameters
    ----------
    reader
        Name.
    with_proposals, without_proposals
        On slices that are signed off: those in which the reader accepted or rejected something that a model
        proposed, and all others.
    unfinished
        On slices that are not signed off.
    proposals
        What became of proposals.
    """

    reader: str
    with_proposals: Effort = field(default_factory=Effort)
    without_proposals: Effort = field(default_factory=Effort)
    unfinished: Effort = field(default_factory=Effort)
    proposals: ProposalsMet = field(default_factory=ProposalsMet)

    def as_document(self) -> dict[str, Any]:
        """Return everything as a JSON-able dictionary."""
        return {
            "reader": self.reader,
            "with_proposals": self.with_proposals.as_document(),
            "without_proposals": self.without_proposals.as_document(),
            "unfinished": self.unfinished.as_document(),
            "proposals": self.proposals.as_document(),
        }


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
