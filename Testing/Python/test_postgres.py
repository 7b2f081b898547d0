"""Labels in PostgreSQL: a project names its database, and each failure of the server is one sentence."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("sqlalchemy")

from cac_runner import run_cac
from CACAnnotationLib.project.project import Project
from CACAnnotationLib.store.label_store import LabelStore
from CACAnnotationLib.store.schema import OWNER
from CACAnnotationLib.store.stored_reading import StoredReading
from CACScoringLib.errors import CACError
from postgres_server import PostgresServer
from sqlalchemy import event, update
from store_samples import SHAPE, label

MAKER = """
import sys
from pathlib import Path
from CACAnnotationLib.project.project import Project
from CACScoringLib.errors import CACError
sys.stdin.readline()
try:
    Project.create(Path(sys.argv[1]), store_url=sys.argv[2])
except CACError as error:
    print(error)
"""


@pytest.fixture
def url(postgres: PostgresServer) -> str:
    return postgres.emptied_database()


def reading_of(store: LabelStore) -> StoredReading:
    return store.reading("1.2.3", SHAPE, "Anna", 1)


def test_init_writes_the_address_and_another_machine_finds_the_labels(url: str, tmp_path: Path) -> None:
    run_cac("project", "init", tmp_path / "study", "--store", url)
    project = Project.open(tmp_path / "study")
    reading = reading_of(project.store)
    reading.record(label(reading, [1], 2))
    assert not (project.folder / "labels.sqlite").exists()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "project.toml").write_bytes((project.folder / "project.toml").read_bytes())
    assert reading_of(Project.open(tmp_path / "elsewhere").store).layers["cac"].reshape(-1)[1] == 2
    assert "Anna: 1 slices labelled" in run_cac("project", "status", project.folder).stdout


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("postgresql://anna:hush@host/labels", r"password.*~/\.pgpass.*PGPASSWORD"),
        ("postgresql://anna@host/labels?password=hush", r"password.*~/\.pgpass"),
        ("mysql://anna@host/labels", "labels are kept in PostgreSQL at an address of the form"),
        ("postgresql://anna@host", "of the form postgresql://user@host/database"),
        ("labels", "not of the form"),
    ],
)
def test_addresses_that_no_project_keeps(address: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(CACError, match=said) as raised:
        Project.create(tmp_path / "study", store_url=address)
    assert "hush" not in str(raised.value)
    assert not (tmp_path / "study").exists()


def test_two_projects_never_share_a_database(url: str, tmp_path: Path) -> None:
    first = Project.create(tmp_path / "first", store_url=url)
    with pytest.raises(CACError, match=r"holds the labels of the project \S*first already.*createdb"):
        Project.create(tmp_path / "second", store_url=url)
    assert not (tmp_path / "second" / "project.toml").exists()
    with first.store.engine.begin() as connection:
        connection.execute(update(OWNER).values(project="another"))
    with pytest.raises(CACError, match="holds the labels of another project"):
        _ = Project.open(first.folder).store
    with first.store.engine.begin() as connection:
        connection.execute(OWNER.delete())
    with pytest.raises(CACError, match="is empty, the labels of this project are not in it"):
        _ = Project.open(first.folder).store


def test_a_project_whose_making_was_ended_before_its_file_was_written_is_made_anew(
    url: str, tmp_path: Path
) -> None:
    (Project.create(tmp_path / "study", store_url=url).folder / "project.toml").unlink()
    reading = reading_of(Project.create(tmp_path / "study", store_url=url).store)
    reading.record(label(reading, [1], 2))
    (tmp_path / "study" / "project.toml").unlink()
    with pytest.raises(CACError, match="holds the labels of the project"):
        Project.create(tmp_path / "study", store_url=url)


def test_of_two_who_make_tables_at_once_one_gets_the_database(url: str, tmp_path: Path) -> None:
    makers = [
        subprocess.Popen(
            [sys.executable, "-c", MAKER, tmp_path / name, url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in ("first", "second")
    ]
    said = [maker.communicate("go\n", timeout=120)[0] for maker in makers]
    assert sorted(maker.returncode for maker in makers) == [0, 0]
    assert sorted(bool(each) for each in said) == [False, True], said
    assert "already" in "".join(said)


def test_a_server_that_stops_in_the_middle_loses_nothing(postgres: PostgresServer, url: str) -> None:
    reading = reading_of(LabelStore.open(url))
    reading.record(label(reading, [1], 2))
    action = label(reading, [2], 3)
    postgres.stop()
    try:
        for step in (lambda: reading.record(action), reading.record_undo, lambda: LabelStore.open(url)):
            with pytest.raises(CACError, match=r"cannot be reached: check that its server runs.*nothing was"):
                step()
    finally:
        postgres.start()
    assert len(reading.done) == 1
    reading.record(action)
    postgres.stop("fast")
    postgres.start()
    reading.record_undo()
    assert [len(each) for each in (reading.done, reading.undone)] == [1, 1], "the restart was not noticed"
    assert reading_of(LabelStore.open(url)).layers["cac"].reshape(-1)[:3].tolist() == [0, 2, 0]


@pytest.mark.parametrize("repeated", [True, False])
def test_a_connection_that_breaks_while_the_server_commits(url: str, repeated: bool) -> None:
    store = LabelStore.open(url)
    reading = reading_of(store)
    reading.record(label(reading, [1], 2))
    breaks = [True]

    @event.listens_for(store.engine, "commit")
    def commit_and_break(connection: object) -> None:
        if breaks.pop() if breaks else False:
            raw = connection.connection.driver_connection  # type: ignore[attr-defined]
            raw.commit()
            raw.pgconn.finish()

    action = label(reading, [2], 3)
    with pytest.raises(CACError, match="cannot be reached"):
        reading.record(action)
    assert len(reading.done) == 1
    if repeated:
        reading.record(action)
        reading.record(label(reading, [3], 4))
        assert reading_of(store).layers["cac"].reshape(-1)[:4].tolist() == [0, 2, 3, 4]
        assert len(reading_of(store).done) == 3
    else:
        with pytest.raises(CACError, match="labelled elsewhere"):
            reading.record(label(reading, [3], 4))
        assert reading_of(store).layers["cac"].reshape(-1)[:4].tolist() == [0, 2, 3, 0]


def refused(postgres: PostgresServer, make: Callable[[], str]) -> str:
    with pytest.raises(CACError) as raised:
        LabelStore.open(make())
    assert "hush" not in str(raised.value)
    return str(raised.value)


def test_what_keeps_a_reader_out_is_said(
    postgres: PostgresServer, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Of what is set up for the user who runs the tests nothing shall count.
    monkeypatch.setenv("PGPASSFILE", str(tmp_path / "none"))
    database = url.split("/")[3].split("?")[0]
    LabelStore.open(url).close()
    postgres.execute("CREATE ROLE ben LOGIN PASSWORD 'hush'")
    try:
        postgres.allow("local all cac trust\nlocal all ben scram-sha-256\n")
        assert "does not take the password" in refused(postgres, lambda: postgres.url(database, "ben"))
        monkeypatch.setenv("PGPASSWORD", "hush-hush")
        assert "does not take the password" in refused(postgres, lambda: postgres.url(database, "ben"))
        monkeypatch.setenv("PGPASSWORD", "hush")
        assert "does not allow this user to do that" in refused(
            postgres, lambda: postgres.url(database, "ben")
        )
        assert "does not let this user in" in refused(postgres, lambda: postgres.url(database, "zoe"))
        assert "is not there: make the database" in refused(postgres, lambda: postgres.url("nowhere"))
        nobody_listens = "postgresql://ben@127.0.0.1:9/labels"
        assert refused(postgres, lambda: nobody_listens).startswith(f"{nobody_listens} cannot be reached")
    finally:
        postgres.allow("local all all trust\n")
        postgres.execute("DROP ROLE ben")


def test_what_cannot_be_written_just_now_is_written_later(url: str) -> None:
    reading = reading_of(LabelStore.open(url))
    reading.record(label(reading, [1], 2))
    to_be_read = reading_of(LabelStore.open(f"{url}&options=-c%20default_transaction_read_only=on"))
    assert to_be_read.layers["cac"].reshape(-1)[1] == 2
    with pytest.raises(CACError, match="may be read but not written"):
        to_be_read.record(label(to_be_read, [2], 3))

    held = reading_of(LabelStore.open(url, patience_s=0.05))
    action = label(held, [2], 3)
    with LabelStore.open(url).engine.begin() as other:
        other.exec_driver_sql("LOCK TABLE readings IN EXCLUSIVE MODE")
        with pytest.raises(CACError, match=r"in use by another program.*nothing was lost"):
            held.record(action)
    assert held.layers["cac"].reshape(-1)[2] == 0
    held.record(action)
    assert reading_of(LabelStore.open(url)).layers["cac"].reshape(-1)[2] == 3
