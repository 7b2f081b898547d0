"""How much of the machine may be used."""

from __future__ import annotations

import os

CORES_VARIABLE = "CAC_CORES"
"""Environment variable: how many cores at most a process may use, where it shares them with others."""


def available_cores() -> int:
    """Count the processor cores that this process may use."""
    allowed = os.environ.get(CORES_VARIABLE, "")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(cores, int(allowed))) if allowed.isdecimal() else cores
