"""Files that a reader may take along, for as long as the process lives."""

from __future__ import annotations

import secrets
import tempfile
from pathlib import Path

from aiohttp import web

ROUTE = "/download/{key}/{name}"


class Downloads:
    """Keeps files in a folder of its own, each under a name that nobody guesses."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="cac-downloads-")
        self._files: dict[str, Path] = {}

    def new_file(self, name: str) -> tuple[Path, str]:
        """Return where to write a file of that name, and the address at which it can be fetched then."""
        key = secrets.token_urlsafe(12)
        path = Path(self._folder.name, key, name)
        path.parent.mkdir()
        self._files[key] = path
        return path, ROUTE.format(key=key, name=name)

    async def fetch(self, request: web.Request) -> web.StreamResponse:
        """Answer a request for a file."""
        path = self._files.get(request.match_info["key"])
        if path is None or path.name != request.match_info["name"] or not path.is_file():
            raise web.HTTPNotFound(text="This file is not here any more; make it once more.")
        return web.FileResponse(path, headers={"Content-Disposition": f'attachment; filename="{path.name}"'})

    def clear(self) -> None:
        """Remove all files."""
        self._folder.cleanup()
