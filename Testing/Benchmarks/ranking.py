"""Ranking beside the network alone, and what it holds in memory of a pool of a million slices.

``python Testing/Benchmarks/ranking.py SLICES`` ranks that many slice records in this process and prints its
peak memory; the benchmark runs that in fresh processes.
"""

from __future__ import annotations

import itertools
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from CACAnnotationLib.project.adding import AddingOptions, add_images
from CACAnnotationLib.project.pool import pool_of
from CACAnnotationLib.project.project import Project
from CACAnnotationLib.ranking.doubt_file import DoubtFile
from CACAnnotationLib.ranking.pool_doubts import DoubtedPool
from CACAnnotationLib.ranking.slice_doubts import ScanDoubts, SliceDoubt
from CACAnnotationLib.ranking.strategies import STRATEGIES
from CACAnnotationLib.store.reading_rows import now_utc
from CACAnnotationLib.store.schema import SCANS as SCANS_TABLE
from CACScoringLib.geometry import VolumeGeometry
from CACScoringLib.scoring.protocol import ScoringProtocol
from sqlalchemy import insert

SCANS, SCAN_SLICES, PASSES = 2, 16, 10
"""Enough for one scan to be read while the model looks at another."""
SHARE = 0.9
"""Of the bare model's throughput: the budget."""
POOLS = (100_000, 1_000_000)
_SLICES, _AT_ONCE, _FEATURES, _BUDGET = 50, 100, 16, 200
_RUNS = 3


def ranking_rows() -> Iterator:
    """Time the doubts of phantom scans with the demo model, beside the same passes of the network alone."""
    from timing import Row, medians

    for slices in POOLS:
        peak_mib = int(subprocess.run([sys.executable, __file__, str(slices)], stdout=-1, check=True).stdout)
        print(f"all strategies over {slices:,} slice records: peak of the process {peak_mib} MiB")
    with tempfile.TemporaryDirectory() as folder, _passes(Path(folder)) as (ranked, bare):
        ranked_s, bare_s = medians(ranked, bare, runs=_RUNS)
    scan = f"{SCANS} phantoms, 512 x 512 x {SCAN_SLICES}"
    yield Row(f"doubts, {PASSES} passes, demo model", scan, bare_s / SHARE, ranked_s, "network alone", bare_s)


@contextmanager
def _passes(folder: Path) -> Iterator[tuple[Callable[[], None], Callable[[], None]]]:
    """Two functions: one finds the doubts of a project, one runs the network on the same slices.

    Engines are ready before both: that takes some seconds once, however large the pool.
    """
    from CACAnnotationLib.ranking.finding import find_doubts
    from CACAnnotationLib.ranking.pass_worker import PassSetup, PassWorker
    from CACAnnotationLib.ranking.scan_passes import asked_scan
    from CACScoringLib.model.prediction.gathered_passes import PassOptions
    from CACScoringLib.model.prediction.matrix import Matrix
    from CACScoringLib.model.prediction.pass_engines import PassEngines
    from CACScoringLib.model.store import load_model
    from CACScoringLib.model.weights import fingerprint
    from CACScoringLib.phantom.dicom_export import write_ct_series
    from CACScoringLib.phantom.phantom import make_phantom
    from CACScoringLib.scans.ct_scan import Acquisition

    project = Project.create(folder / "project")
    for seed in range(SCANS):
        phantom = make_phantom(seed)
        middle = (phantom.hu.shape[0] - SCAN_SLICES) // 2
        hu = phantom.hu[middle : middle + SCAN_SLICES]
        geometry = VolumeGeometry(hu.shape[::-1], phantom.geometry.spacing_mm)
        series, name = folder / "images" / str(seed), f"P{seed}"
        write_ct_series(series, hu, geometry, Acquisition(), patient_name=name, patient_id=name)
    list(add_images(project, [folder / "images"], AddingOptions()))
    model, options = load_model("demo"), PassOptions(PASSES)
    setup = PassSetup(project.folder, "demo", fingerprint(model.network), options, "auto", ScoringProtocol())
    worker = PassWorker(setup, project, model)
    numbers = itertools.count()

    def ranked() -> None:
        with DoubtFile(folder / f"{next(numbers)}.sqlite", {}) as doubts:
            find_doubts(project, doubts, worker)

    engines = PassEngines(model, options.rate)
    inputs = []
    for entry, slices in pool_of(project):
        asked = asked_scan(entry.id, project.read_scan(entry), slices)
        matrix = Matrix.of(asked.scan, model.config)
        engine, _ = engines.ready_for(asked.focus, matrix)
        inputs.append((engine, matrix.input_of(asked.scan.values[asked.focus.slices])))

    def bare() -> None:
        for engine, image in inputs:
            for seed in np.random.SeedSequence(0).spawn(PASSES):
                engine.begin(seed)
                for part in image.split(engine.batch):
                    engine.run(part)

    yield ranked, bare


def peak_mib(slices: int) -> int:
    """Rank so many synthetic slice records by every strategy, and return the peak of this process in MiB."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        project = Project.create(folder / "project")
        rng = np.random.default_rng(0)
        with DoubtFile(folder / "doubts.sqlite", {}) as doubts:
            for first in range(1, slices // _SLICES + 1, _AT_ONCE):
                numbers = range(first, min(first + _AT_ONCE, slices // _SLICES + 1))
                with project.store.engine.begin() as connection:
                    connection.execute(insert(SCANS_TABLE), list(map(_scan_row, numbers)))
                doubts.add(_random_doubts(numbers, rng))
            for name, strategy in STRATEGIES.items():
                pool = DoubtedPool(project, doubts, ScoringProtocol(), PASSES, risk=strategy.needs_risk)
                assert len(strategy.choose(pool, _BUDGET, 0)) == _BUDGET, name
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _scan_row(number: int) -> dict[str, Any]:
    named = {name: f"{name}-{number}" for name in ("series", "name", "patient", "path")}
    spacing = {"column_spacing_mm": 0.4, "row_spacing_mm": 0.4, "slice_increment_mm": 3.0}
    size = {"slices": _SLICES, "rows": 512, "columns": 512}
    return {"id": number, "allow_gaps": False, "added": now_utc(), **named, **spacing, **size}


def _random_doubts(scans: range, rng: np.random.Generator) -> ScanDoubts:
    places = [(scan, index) for scan in scans for index in range(_SLICES)]
    measures = rng.uniform(0, 0.25, (len(places), 6)).tolist()
    return ScanDoubts(
        [SliceDoubt(*place, 5, *each) for place, each in zip(places, measures, strict=True)],
        rng.choice([0.0, 3.0, 40.0], (len(places), PASSES), p=[0.9, 0.08, 0.02]),
        rng.normal(size=(len(places), _FEATURES)).astype(np.float32),
    )


if __name__ == "__main__":
    print(peak_mib(int(sys.argv[1])))
