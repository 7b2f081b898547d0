"""How a scan was made and how it was scored, as lines that people read."""

from __future__ import annotations

from typing import NamedTuple

from ..scans.ct_scan import CTScan
from ..scoring.protocol import ScoringProtocol

NOT_STATED = "not stated"
_TIMES = " \N{MULTIPLICATION SIGN} "


class Fact(NamedTuple):
    """A named value, as text."""

    name: str
    value: str


def acquisition_facts(scan: CTScan) -> tuple[Fact, ...]:
    """Size, spacing and acquisition of a scan; what its file does not say is "not stated"."""
    width, height, increment = scan.geometry.spacing_mm
    facts = scan.acquisition
    thickness = NOT_STATED if facts.slice_thickness_mm is None else f"{facts.slice_thickness_mm:g} mm"
    return (
        Fact("Volume", _TIMES.join(map(str, scan.geometry.size)) + " voxels"),
        Fact("Pixels", f"{width:.3f}{_TIMES}{height:.3f} mm"),
        Fact("Slices", f"{increment:.2f} mm apart, thickness {thickness}"),
        Fact("Tube voltage", NOT_STATED if facts.kvp is None else f"{facts.kvp:g} kV"),
        Fact("Kernel", facts.kernel or NOT_STATED),
        Fact("Contrast agent", facts.contrast_agent or "none stated"),
        Fact("ECG gating", {None: NOT_STATED, True: "yes", False: "no"}[facts.ecg_gated]),
        Fact("Series", facts.series_uid or NOT_STATED),
        Fact("Study", facts.study_uid or NOT_STATED),
    )


def protocol_facts(protocol: ScoringProtocol) -> tuple[Fact, ...]:
    """Every field of a scoring protocol."""
    steps = " / ".join(f"{step:g}" for step in protocol.weight_steps_hu)
    smallest = f"{protocol.smallest:g}"
    too_small = {
        "component_area": f"2-D components < {smallest} mm²",
        "lesion_area": f"3-D lesions < {smallest} mm² over all slices",
        "lesion_volume": f"3-D lesions < {smallest} mm³",
        "nothing": "nothing",
    }[protocol.too_small]
    factor = protocol.mass_factor
    return (
        Fact("Name", protocol.name),
        Fact("Calcium", f"{'>' if protocol.strictly_above else '≥'} {protocol.threshold_hu:g} HU"),
        Fact("Weights 1 / 2 / 3 / 4", f"from {steps} HU"),
        Fact("Too small to count", too_small),
        Fact("Slice increment", "normalised to 3 mm" if protocol.normalise_increment else "not normalised"),
        Fact("Left main", "kept apart" if protocol.keep_lm_apart else "counted into LAD"),
        Fact("Risk scheme", protocol.risk_scheme),
        Fact("Mass factor", "none (uncalibrated)" if factor is None else f"{factor:g} mg/(cm³·HU)"),
    )
