"""Doubts of many scans in a file that grows scan by scan, and is gone on with after a kill."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from CACScoringLib.errors import CACError, os_reason

from .slice_doubts import SliceDoubt


class DoubtFile:
    """One line that says how doubts came about, then one per scan; a line cut short by a kill is dropped.

    Parameters
    ----------
    path
        The file, made if it is missing.
    about
        What doubts depend on: model, passes and so on, JSON-able.

    Raises
    ------
    CACError
        If the file is of another model or other passes, or cannot be read or written.
    """

    def __init__(self, path: Path, about: dict[str, Any]) -> None:
        self._path = path
        self.done: set[tuple[int, tuple[int, ...]]] = set()
        """Scans that are in the file, each with the slices it was asked about."""
        try:
            if not path.exists():
                self._append(about)
            kept = self._whole_lines()
            if json.loads(kept[0]) != about:
                raise CACError(
                    f"{path} holds the doubts of another model, or of other passes; name another folder"
                )
        except (OSError, ValueError, IndexError) as error:
            reason = os_reason(error) if isinstance(error, OSError) else "it is damaged; remove it"
            raise CACError(f"cannot use {path}: {reason}") from error
        for line in kept[1:]:
            doubts = json.loads(line)
            self.done.add((doubts[0][0], tuple(each[1] for each in doubts)))

    def add(self, doubts: list[SliceDoubt]) -> None:
        """Add the doubts of a scan; they are on the disk when this returns."""
        if doubts:
            self._append(doubts)
            self.done.add((doubts[0].scan, tuple(each.slice_index for each in doubts)))

    def __iter__(self) -> Iterator[SliceDoubt]:
        """All doubts, one scan in memory at a time; where a scan was asked about again, the last ones."""
        last: dict[int, int] = {}
        for number, line in enumerate(self._lines()):
            last[json.loads(line)[0][0]] = number
        for number, line in enumerate(self._lines()):
            doubts = json.loads(line)
            if last[doubts[0][0]] == number:
                yield from (SliceDoubt(*each) for each in doubts)

    def _lines(self) -> Iterator[str]:
        with self._path.open(encoding="utf-8") as file:
            next(file)
            yield from file

    def _whole_lines(self) -> list[str]:
        """All lines; what follows the last line's end is cut off."""
        content = self._path.read_bytes()
        whole = content[: content.rfind(b"\n") + 1]
        if len(whole) < len(content):
            with self._path.open("r+b") as file:
                file.truncate(len(whole))
        return whole.decode("utf-8").splitlines()

    def _append(self, document: Any) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(document) + "\n")
            file.flush()
            os.fsync(file.fileno())
