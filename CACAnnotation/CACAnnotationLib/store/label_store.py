"""The store: labels of all readers, in an SQLite file or any database that a URL names."""

from __future__ import annotations

import os
import unicodedata
from types import TracebackType

from CACScoringLib.errors import CACError
from sqlalchemy import Engine

from .database import PATIENCE_S, open_database
from .packing import MOST_VOXELS
from .stored_reading import ReadingKey, StoredReading

LONGEST_NAME = 200


class LabelStore:
    """Labels per series, reader and round, with everything that led to them.

    Several processes may use one store at a time, and read what others record.

    Parameters
    ----------
    engine, place
        The database, and what messages call it; :meth:`open` gives both.

    Examples
    --------
    >>> store = LabelStore.open("labels.sqlite")  # doctest: +SKIP
    >>> reading = store.reading("1.2.840.1", (126, 512, 512), reader="Anna", round=1)  # doctest: +SKIP
    """

    def __init__(self, engine: Engine, place: str) -> None:
        self.engine = engine
        self.place = place

    @classmethod
    def open(cls, url_or_path: str | os.PathLike[str], *, patience_s: float = PATIENCE_S) -> LabelStore:
        """Open a store; an SQLite file that is missing is made.

        Parameters
        ----------
        url_or_path
            SQLite file, or any URL that SQLAlchemy knows.
        patience_s
            How long to wait for another process that writes, in seconds (SQLite).

        Raises
        ------
        CACError
            If it cannot be opened, is damaged, of a newer version, or not a store.
        """
        return cls(*open_database(url_or_path, patience_s))

    def reading(self, series: str, shape: tuple[int, int, int], reader: str, round: int) -> StoredReading:
        """Open the labels that a reader has given to a scan in a round, none if there are none yet.

        Parameters
        ----------
        series
            The scan: its DICOM series UID, or what stands for it.
        shape
            Slices, rows and columns of the scan.
        reader
            Name of the reader.
        round
            Number of the round, 0 or more.

        Raises
        ------
        CACError
            If the name will not do, the scan had another shape, or the labels cannot be read.
        """
        slices, rows, columns = (int(count) for count in shape)
        if slices * rows * columns >= MOST_VOXELS:
            raise CACError(f"a scan of {slices} x {rows} x {columns} voxels is too large to be labelled")
        if round < 0:
            raise CACError(f"round {round} is impossible; rounds count from 0")
        key = ReadingKey(series, reader_name(reader), int(round))
        return StoredReading(self.engine, self.place, key, (slices, rows, columns))

    def close(self) -> None:
        """Close the database; readings of this store then open it again when they need it."""
        self.engine.dispose()

    def __enter__(self) -> LabelStore:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def reader_name(name: str) -> str:
    """Return a reader's name as it is stored, the same however it was typed.

    Raises
    ------
    CACError
        If it is empty, too long, or holds line breaks and the like.
    """
    name = " ".join(unicodedata.normalize("NFC", name).split())
    if not name:
        raise CACError("the reader has no name; give one, for example --reader Anna")
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise CACError("the reader's name is too long or cannot be shown; choose another")
    return name
