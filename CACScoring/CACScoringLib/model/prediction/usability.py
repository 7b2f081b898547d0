"""Whether a proposed score says anything: on some scans calcium cannot be scored, whoever tries."""

from __future__ import annotations

from ...scans.ct_scan import CTScan
from ...schemes import OTHER, label_scheme
from ..inputs import CANDIDATE_HU
from .proposal import Proposal

UNUSABLE_KEY = "unusable_because"
"""Of the document and of the distribution of scores in it: the reasons, none for most scans."""


def unusable_because(proposal: Proposal, scan: CTScan) -> list[str]:
    """Return why a score, be it 0, is not to be used: as sentences without a capital.

    A network that sees contrast agent, or no heart, proposes no calcium, and all passes agree; the score of 0
    is then no sign of health.

    Parameters
    ----------
    proposal, scan
        What was proposed, and for which scan.
    """
    reasons = [warning.message for warning in scan.warnings if warning.code == "contrast"]
    other = label_scheme()[OTHER].value
    found = any(labels is not None and (labels > other).any() for labels in (proposal.cac, proposal.car))
    if not found and not proposal.facts["looked_at"]["candidate_voxels"]:
        reasons.append(f"no coronary artery was found, nor anything above {CANDIDATE_HU} HU")
    elif not found and proposal.car is not None:
        reasons.append("no coronary artery was found")
    return reasons
