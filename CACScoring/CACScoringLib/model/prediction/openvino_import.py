"""OpenVINO without its telemetry: nothing about a scan's prediction leaves the machine."""

from __future__ import annotations

import sys
from typing import Any


def openvino_module() -> Any:
    """Import OpenVINO; what reports its use to the network, from processes of its own, is left out."""
    # with None in its place Python says that there is no such module, and OpenVINO does without
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    import openvino

    return openvino
