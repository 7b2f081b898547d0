"""A converted network that is kept answers as it did when it was converted."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from CACScoringLib.model.prediction import conversion
from CACScoringLib.model.prediction.passes import candidate_passes
from CACScoringLib.model.prediction.probabilities import probabilities
from prediction_models import noisy_scan, small_model

pytest.importorskip("openvino")


def test_the_first_run_has_the_same_bits_as_later_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAC_CACHE", str(tmp_path))
    hits: list[bool] = []
    read = conversion._read

    def watched(path: Path) -> object:
        hits.append(path.is_file())
        return read(path)

    monkeypatch.setattr(conversion, "_read", watched)
    model, scan = small_model(prepared=True), noisy_scan((4, 64, 64))

    def run() -> list[np.ndarray]:
        passes = candidate_passes(model, scan, 2, rate=0.2, seed=3)
        parts = [part for part in probabilities(model, scan) if part is not None]
        return [*(each.calcium for each in passes), *parts]

    missed, hit = run(), run()

    assert hits == [False, True, False, True, True, True]
    assert all(np.array_equal(*pair) for pair in zip(missed, hit, strict=True))


def test_openvino_reports_its_use_to_nobody() -> None:
    """In a process of its own, without the variable by which OpenVINO spares test servers."""
    code = (
        "import sys\n"
        "from CACScoringLib.model.prediction.openvino_import import openvino_module\n"
        "openvino_module()\n"
        "from openvino.tools.ovc import telemetry_utils\n"
        "assert telemetry_utils.tm.__name__.endswith('telemetry_stub')\n"
        "assert sys.modules['openvino_telemetry'] is None\n"
    )
    environment = {name: value for name, value in os.environ.items() if name != "CI"}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)
