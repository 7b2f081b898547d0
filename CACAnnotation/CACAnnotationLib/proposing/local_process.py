"""A model in a process of its own on this machine."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import shutil
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from CACScoringLib.errors import CACError, os_reason
from CACScoringLib.labels.label_map import read_label_map
from CACScoringLib.scans.ct_scan import CTScan
from CACScoringLib.scoring.protocol import ScoringProtocol
from numpy.typing import NDArray

from ..module_process import start_module
from ..session.proposal import ProposedLabels
from .messages import geometry_fields, received, send
from .model_runner import ModelAnswer, ProposalRequest, RequestListener
from .slab import slab

_PATIENCE_S = 5.0
"""How long a process may take to end once its input has ended."""


@dataclass(frozen=True, eq=False)
class _Request:
    number: int
    request: ProposalRequest
    slices: tuple[int, int]
    out: Path
    listener: RequestListener


class LocalModelProcess:
    """A :class:`~.model_runner.ModelRunner` on this machine; the process begins with the first request.

    A process that dies, by lack of memory say, fails its request with a sentence; the next request begins
    another one.

    Parameters
    ----------
    protocol
        How proposals are scored.
    python
        Interpreter; this one unless given. 3D Slicer's own program is none.
    """

    def __init__(self, protocol: ScoringProtocol, python: str = sys.executable) -> None:
        self._protocol, self._python = protocol, python
        self._folder = Path(tempfile.mkdtemp(prefix="cac-model-"))
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._scan: CTScan | None = None
        self._scans = self._requests = 0
        self._under_way: _Request | None = None

    def open(self, scan: CTScan) -> None:
        """Say which scan the next requests are about.

        Raises
        ------
        CACError
            If the scan cannot be handed over: the disk is full.
        """
        self.cancel()
        with self._lock:
            self._scans += 1
            for old in self._folder.glob("scan-*.npy"):
                old.unlink(missing_ok=True)
            try:
                np.save(self._scan_file, scan.values)
            except OSError as error:
                raise CACError(f"cannot hand the scan to the model: {os_reason(error)}") from error
            self._scan = scan
            if self._process is not None:
                self._send_scan(self._process)

    def ask(self, request: ProposalRequest, listener: RequestListener) -> None:
        """Begin a request and return at once; one that is under way is cancelled first.

        Raises
        ------
        ValueError
            If no scan is open, or it has no such slices.
        """
        with self._lock:
            if self._scan is None:
                raise ValueError("no scan is open")
            count = self._scan.geometry.shape[0]
            first, end = request.slices or (0, count)
            if not 0 <= first < end <= count:
                raise ValueError(f"the scan has no slices {first} to {end}; it has {count}")
            before = self._give_up()
            self._requests += 1
            out = self._folder / f"prediction-{self._requests}"
            self._under_way = _Request(self._requests, request, (first, end), out, listener)
            _tell(
                self._running(),
                "request",
                number=self._requests,
                out=str(out),
                slices=(first, end),
                protocol=dataclasses.asdict(self._protocol),
                **{key: getattr(request, key) for key in ("model", "precision", "device", "passes")},
            )
        if before is not None:
            before.listener.cancelled()

    def cancel(self) -> None:
        """Cancel what is under way: its listener is told at once, the process lets go after its slice."""
        with self._lock:
            before = self._give_up()
        if before is not None:
            before.listener.cancelled()

    def close(self) -> None:
        """End the process, and give back what it holds."""
        with self._lock:
            process, self._process, self._under_way = self._process, None, None
        if process is not None:
            assert process.stdin is not None
            try:
                process.stdin.close()
                process.wait(_PATIENCE_S)
            except (OSError, subprocess.TimeoutExpired):
                process.kill()
                process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _give_up(self) -> _Request | None:
        """Forget the request under way and have the process do so, too; returns it."""
        before, self._under_way = self._under_way, None
        if before is not None and self._process is not None:
            _tell(self._process, "cancel", number=before.number)
        return before

    @property
    def _scan_file(self) -> Path:
        return self._folder / f"scan-{self._scans}.npy"

    def _running(self) -> subprocess.Popen[str]:
        if self._process is None or self._process.poll() is not None:
            self._process = start_module("CACAnnotationLib.proposing.worker", self._python)
            threading.Thread(target=self._read, args=(self._process,), daemon=True).start()
            self._send_scan(self._process)
        return self._process

    def _send_scan(self, process: subprocess.Popen[str]) -> None:
        assert self._scan is not None
        _tell(process, "scan", file=str(self._scan_file), geometry=geometry_fields(self._scan.geometry))

    def _read(self, process: subprocess.Popen[str]) -> None:
        """Pass on what a process says, until it has ended."""
        assert process.stdout is not None
        for line in process.stdout:
            self._hear(received(line))
        code = process.wait()
        with self._lock:
            lost = self._under_way if self._process is process else None
            if lost is not None:
                self._under_way = None
        if lost is not None:
            lost.listener.failed(
                CACError(
                    f"the process that runs the model has ended (code {code}); try again, or ask for less"
                )
            )

    def _hear(self, message: dict[str, Any]) -> None:
        kind = message["kind"]
        with self._lock:
            about = self._under_way
            if about is None or message.get("number") != about.number:
                return
            if kind != "progress":
                self._under_way = None
        listener = about.listener
        if kind == "progress":
            listener.progress(message["stage"], message["done"], message["total"])
        elif kind == "failed":
            listener.failed(CACError(message["text"]))
        elif kind == "answered":
            try:
                answer = self._answer(about)
            except (OSError, CACError, ValueError) as error:
                listener.failed(CACError(f"the model's answer cannot be read: {error}"))
            else:
                listener.answered(answer)

    def _answer(self, about: _Request) -> ModelAnswer:
        scan = self._scan
        assert scan is not None
        first, end = about.slices
        geometry = slab(scan, first, end).geometry
        maps = np.zeros((2, *scan.geometry.shape), np.uint8)
        for labels, name in zip(maps, ("cac.nrrd", "car.nrrd"), strict=True):
            if (about.out / name).is_file():
                labels[first:end] = read_label_map(about.out / name, geometry)
        variance = _read_variance(about.out / "uncertainty.nrrd")
        document = json.loads((about.out / "prediction.json").read_text(encoding="utf-8"))
        shutil.rmtree(about.out, ignore_errors=True)
        return ModelAnswer(ProposedLabels(about.request.model, *maps), about.slices, document, variance)


def _read_variance(path: Path) -> NDArray[np.float32] | None:
    import SimpleITK as sitk

    return sitk.GetArrayFromImage(sitk.ReadImage(str(path))) if path.is_file() else None


def _tell(process: subprocess.Popen[str], kind: str, **fields: Any) -> None:
    """Send a message; that a process is gone finds out, and says, the thread that reads its answers."""
    assert process.stdin is not None
    with contextlib.suppress(OSError):
        send(process.stdin, kind, **fields)
