"""Fixtures that several tests share."""

from __future__ import annotations

import gc
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

# A machine may be busy; what is slow is no failure.
settings.register_profile("unhurried", settings(), deadline=None)
settings.load_profile("unhurried")

# Tests run beside each other, one per core: the threads of each would only wait for those of the other.
# NumPy, PyTorch, ITK and Mesa ask once, when they are loaded.
for _variable in (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS",
    "LP_NUM_THREADS",
):
    os.environ[_variable] = "1"

# Whatever counts waits until the disk has it, many thousands of times in these tests. Memory has it at once.
_IN_MEMORY, _ROOM = Path("/dev/shm"), 4 * 1024**3
if os.access(_IN_MEMORY, os.W_OK) and shutil.disk_usage(_IN_MEMORY).free > _ROOM:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_IN_MEMORY))

if TYPE_CHECKING:
    from annotation_desk import AnnotationDesk
    from CACAnnotationLib.training.trainer import TrainingRun
    from CACScoringLib.phantom.phantom import Phantom
    from postgres_server import PostgresServer
    from SlicerStandIn import StandIn


def pytest_collection_finish() -> None:
    """Spare the garbage collector what was imported: going through it takes half a second, each time."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def reference_data() -> Path:
    """Folder of reference data that is not part of the repository."""
    folder = os.environ.get("CAC_REFERENCE_DATA")
    if not folder:
        pytest.skip("CAC_REFERENCE_DATA is not set")
    return Path(folder)


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep converted networks away from the user's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CAC_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def phantom(tmp_path_factory: pytest.TempPathFactory) -> Phantom:
    """A synthetic scan with calcium; for reading only."""
    from phantom_samples import easy_phantom

    return easy_phantom(tmp_path_factory)


@pytest.fixture(scope="session")
def phantom_cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two synthetic scans with calcium as ``cac phantom`` writes them, as DICOM; for reading only."""
    from phantom_samples import dicom_cohort

    return dicom_cohort(tmp_path_factory)


@pytest.fixture(scope="session")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of six small labelled scans to train on."""
    from training_samples import write_cohort

    return write_cohort(tmp_path_factory.mktemp("cohort"))


@pytest.fixture(scope="session")
def finished(cohort: Path, tmp_path_factory: pytest.TempPathFactory) -> TrainingRun:
    """A training run that nothing disturbed."""
    from CACAnnotationLib.training.configuration import read_config
    from CACAnnotationLib.training.trainer import train
    from training_runs import EPOCHS
    from training_samples import write_config

    folder = tmp_path_factory.mktemp("finished")
    config = read_config(write_config(folder / "config.toml", EPOCHS))
    return train(cohort, config, folder / "run", device="cpu")


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server without a database."""
    from postgres_server import PostgresServer, server_programs

    programs = server_programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed")
    pytest.importorskip("psycopg")
    server = PostgresServer(programs)
    yield server
    server.remove()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where labels may be: an SQLite file that is not there yet, or an empty PostgreSQL database."""
    if request.param == "sqlite":
        return str(tmp_path / "labels.sqlite")
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.emptied_database()


@pytest.fixture(scope="session")
def display() -> str:
    """Screen of this process, on which windows can be shown."""
    from desktop import start_display

    return start_display()


@pytest.fixture
def stand_in(display: str) -> Iterator[StandIn]:
    """Window of Slicer's stand-in with this repository's modules; what goes wrong unseen fails the test."""
    from SlicerStandIn import start

    running = start()
    yield running
    running.stop()
    assert running.errors == []


@pytest.fixture(scope="module")
def annotating(display: str) -> Iterator[StandIn]:
    """Window with CAC Annotation, for all tests of a file; what goes wrong unseen fails the last of them."""
    from annotation_desk import MODULE
    from SlicerStandIn import start

    stand_in = start(MODULE, size=(1300, 900))
    yield stand_in
    stand_in.stop()
    assert stand_in.errors == []


@pytest.fixture
def empty(annotating: StandIn, tmp_path: Path) -> Iterator[AnnotationDesk]:
    """An empty scene and a panel that was just opened for the first time."""
    import qt
    import slicer
    from annotation_desk import AnnotationDesk

    qt.QSettings().clear()
    if hasattr(slicer.modules, "CACAnnotationWidget"):
        annotating.reload_module("CACAnnotation")
    annotating.dialogs.clear()
    desk = AnnotationDesk(annotating, tmp_path)
    yield desk
    annotating.close_scene()
    errors = list(annotating.errors)
    annotating.errors.clear()
    assert errors == []


@pytest.fixture
def desk(empty: AnnotationDesk) -> AnnotationDesk:
    """A scan is open."""
    empty.begin()
    empty.read(empty.volume())
    return empty
