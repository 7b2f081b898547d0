"""Wrong keys of a configuration file, named with the right ones."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from typing import Any

from CACScoringLib.errors import CACError

TOP = ""
"""Name of what stands above the first table of a file."""


def check_keys(document: Mapping[str, Any], known: Mapping[str, Collection[str]]) -> None:
    """Check that every key of a TOML file is known in its table.

    Parameters
    ----------
    document
        The file.
    known
        Keys of each table by its name, :data:`TOP` for those outside tables.

    Raises
    ------
    CACError
        If a key is unknown: it names the table where the key belongs, or else the nearest key. Or if the name
        of a table is that of a plain key.
    """
    for table in (TOP, *known):
        values = document if table == TOP else document.get(table, {})
        if not isinstance(values, Mapping):
            raise CACError(f"'{table}' must be a table: a line [{table}] with its keys below")
        for key in values:
            if key not in known[table] and not (table == TOP and key in known):
                raise CACError(_sentence(key, table, known))


def _sentence(key: str, table: str, known: Mapping[str, Collection[str]]) -> str:
    where = "the configuration" if table == TOP else f"[{table}]"
    own = [*known[table], *((name for name in known if name) if table == TOP else ())]
    elsewhere = {name: other for other, keys in known.items() for name in keys if name not in own}
    if key in elsewhere:
        place = "above all tables" if elsewhere[key] == TOP else f"below a line [{elsewhere[key]}]"
        return f"{where} has no key '{key}'; it belongs {place}"
    for nearest in difflib.get_close_matches(key, [*own, *elsewhere], n=1):
        other = elsewhere.get(nearest, table)
        place = "" if other == table else " above all tables" if other == TOP else f" in [{other}]"
        return f"{where} has no key '{key}'; did you mean '{nearest}'{place}?"
    return f"{where} has no key '{key}'; known are {', '.join(own)}"
