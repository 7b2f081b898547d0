"""Tables of the store, in what every database that SQLAlchemy knows can do."""

from __future__ import annotations

from CACScoringLib.errors import CACError
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Engine,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    func,
    inspect,
    select,
    text,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.schema import CreateIndex, CreateTable

SCHEMA_VERSION = 3

_FORMER_INDICES = ("queue_status", "ix_slice_times_reading_id")
"""Of older versions; others serve better."""

_MAKING_TABLES = 0xCAC
"""What holds others back meanwhile, on a server where any number would do."""

METADATA = MetaData()
# SQLite numbers rows by itself only where the column is called INTEGER.
_ID = BigInteger().with_variant(Integer, "sqlite")

VERSIONS = Table(
    "cac_store",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("version", Integer, nullable=False),
)
# Whose labels these are, where a database could be named by more than one project; see owner.py.
OWNER = Table(
    "cac_project",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("project", String(40), nullable=False),
    Column("folder", Text, nullable=False),
)
SCANS = Table(
    "scans",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("series", String(200), nullable=False, unique=True),
    Column("series_uid", String(64)),
    Column("name", Text, nullable=False),
    Column("patient", String(200), nullable=False),
    Column("path", Text, nullable=False),
    Column("member", Text),
    Column("allow_gaps", Boolean, nullable=False),
    Column("slices", Integer, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("columns", Integer, nullable=False),
    Column("column_spacing_mm", Float, nullable=False),
    Column("row_spacing_mm", Float, nullable=False),
    Column("slice_increment_mm", Float, nullable=False),
    Column("added", DateTime, nullable=False),
)
READINGS = Table(
    "readings",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("series", String(200), nullable=False),
    Column("reader", String(200), nullable=False),
    Column("round", Integer, nullable=False),
    Column("slices", Integer, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("columns", Integer, nullable=False),
    # How many events there are; whoever records one must have seen all before it.
    Column("events", Integer, nullable=False),
    UniqueConstraint("series", "reader", "round"),
)
EVENTS = Table(
    "events",
    METADATA,
    Column("reading_id", ForeignKey("readings.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    # "do", "undo" or "redo"; the latter two name the event that they take back or do again.
    Column("step", String(8), nullable=False),
    Column("of_event", Integer),
    Column("kind", String(100), nullable=False),
    Column("at", DateTime, nullable=False),
    Column("reader", String(200), nullable=False),
    Column("round", Integer, nullable=False),
    Column("details", Text, nullable=False),
    Column("statuses", Text, nullable=False),
    Column("changes", LargeBinary),
)
SLICE_LABELS = Table(
    "slice_labels",
    METADATA,
    Column("reading_id", ForeignKey("readings.id"), primary_key=True),
    Column("slice_index", Integer, primary_key=True, autoincrement=False),
    Column("layer", String(20), primary_key=True),
    Column("labels", LargeBinary, nullable=False),
)
SLICE_STATUS = Table(
    "slice_status",
    METADATA,
    Column("reading_id", ForeignKey("readings.id"), primary_key=True),
    Column("slice_index", Integer, primary_key=True, autoincrement=False),
    Column("status", String(20), nullable=False),
    Column("note", Text, nullable=False),
    Index("slice_status_by_status", "status", "reading_id", "slice_index"),
)
SLICE_TIMES = Table(
    "slice_times",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("reading_id", ForeignKey("readings.id"), nullable=False),
    Column("slice_index", Integer, nullable=False),
    Column("at", DateTime, nullable=False),
    Column("seconds", Float, nullable=False),
    # With all that a sum of times needs.
    Index("slice_times_of_slices", "reading_id", "slice_index", "seconds"),
)
# Patients that are in none of the parts train; see parts.py.
PATIENT_PARTS = Table(
    "patient_parts",
    METADATA,
    Column("patient", String(200), primary_key=True),
    Column("part", String(20), nullable=False),
)
ROUNDS = Table(
    "rounds",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("strategy", String(40), nullable=False),
    Column("model", Text, nullable=False),
    Column("made", DateTime, nullable=False),
)
QUEUE = Table(
    "queue",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("round", ForeignKey("rounds.number"), nullable=False),
    Column("place", Integer, nullable=False),
    Column("series", String(200), nullable=False),
    Column("slice_index", Integer, nullable=False),
    Column("score", Float, nullable=False),
    Column("reason", Text, nullable=False),
    # "first", "intra", "inter" or "adjudication": who may take it, and into which reading its labels go.
    Column("kind", String(20), nullable=False),
    Column("status", String(20), nullable=False),
    # Whose it is: who has taken it, signed it off or flagged it.
    Column("reader", String(200)),
    Column("lease_ends", DateTime),
    Column("skips", Integer, nullable=False),
    Column("note", Text, nullable=False),
    UniqueConstraint("round", "series", "slice_index", "kind"),
    # In the order in which slices are given out.
    Index("queue_order", "status", "kind", "round", "skips", "place"),
    Index("queue_slice", "series", "slice_index"),
)


def prepare_schema(engine: Engine, place: str) -> None:
    """Make the tables where the database is empty, and bring them up to date where they are older.

    Parameters
    ----------
    engine
        The database.
    place
        What messages call it.

    Raises
    ------
    CACError
        If the tables are of a newer version, or the database belongs to something else.
    """
    tables = set(inspect(engine).get_table_names())
    if VERSIONS.name not in tables:
        if tables - METADATA.tables.keys():
            raise CACError(f"{place} is a database of another program; name the labels of a project")
        _make_tables(engine)
    with engine.connect() as connection:
        version = connection.execute(select(VERSIONS.c.version)).scalar()
    # Without a version, the program that began to make the tables was ended before it was done. So far newer
    # versions have more tables and indices, and leave the others as they were.
    if version is None or version < SCHEMA_VERSION:
        _make_tables(engine)
    elif version > SCHEMA_VERSION:
        raise CACError(
            f"{place} was written by a newer version of coronary-calcium (form {version}, known here up to "
            f"{SCHEMA_VERSION}): install that version; nothing was changed"
        )


def _make_tables(engine: Engine) -> None:
    """Make what is missing; the version comes last, and another process may be at it too."""
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            # There, "if not exists" does not hold between two who make a table at the same moment.
            connection.execute(select(func.pg_advisory_xact_lock(_MAKING_TABLES)))
        for table in METADATA.sorted_tables:
            connection.execute(CreateTable(table, if_not_exists=True))
            for index in sorted(table.indexes, key=lambda index: str(index.name)):
                connection.execute(CreateIndex(index, if_not_exists=True))
        for name in _FORMER_INDICES:
            connection.execute(text(f"DROP INDEX IF EXISTS {name}"))
    try:
        with engine.begin() as connection:
            older = VERSIONS.c.version < SCHEMA_VERSION
            connection.execute(VERSIONS.update().where(older).values(version=SCHEMA_VERSION))
            if connection.execute(select(VERSIONS.c.id)).first() is None:
                connection.execute(VERSIONS.insert().values(id=1, version=SCHEMA_VERSION))
    except IntegrityError:
        return
