"""Scans that a reader brings along: folders as they are, with sub-folders and equal file names."""

from __future__ import annotations

import re
import secrets
import shutil
from pathlib import Path
from urllib.parse import unquote

from aiohttp import web
from CACScoringLib.errors import CACError, os_reason

PATH_HEADER = "X-CAC-Path"
ROUTE = "/upload/{batch}"
_UPLOADS = ".uploads"
"""Folder of a project for what is on its way; its scans are copied from there."""
_DEEPEST, _LONGEST_NAME = 20, 200
_CHUNK = 1 << 20
_NOT_PLAIN = re.compile(r'[\x00-\x1f<>:"|?*/\\]')
_BATCH = re.compile(r"[0-9]{1,20}", re.ASCII)


class Uploads:
    """Takes files of a batch one by one, piece by piece, so that none has to fit into the memory.

    Parameters
    ----------
    project
        Folder of the project.
    """

    def __init__(self, project: Path) -> None:
        self._folder = project / _UPLOADS / secrets.token_hex(8)

    async def take(self, request: web.Request) -> web.StreamResponse:
        """Take a file, whose place in its folder stands in a header."""
        try:
            batch = self.folder(request.match_info["batch"])
        except CACError as error:
            raise web.HTTPBadRequest(text=str(error)) from error
        path = batch.joinpath(*plain_parts(unquote(request.headers.get(PATH_HEADER, ""))))
        try:
            free = _free(path)
            free.parent.mkdir(parents=True, exist_ok=True)
            with free.open("xb") as file:
                async for chunk in request.content.iter_chunked(_CHUNK):
                    file.write(chunk)
        except OSError as error:
            raise web.HTTPInsufficientStorage(text=f"The file was not kept: {os_reason(error)}.") from error
        return web.Response()

    def folder(self, batch: object) -> Path:
        """Return the folder of a batch, by the number that the page gave it.

        Raises
        ------
        CACError
            If it is none: folders of batches are removed, and no name may lead to another one.
        """
        if not isinstance(batch, str) or _BATCH.fullmatch(batch) is None:
            raise CACError("files are sent in numbered batches; load the page again")
        return self._folder / batch

    def forget(self, batch: object) -> None:
        """Remove what has come of a batch."""
        shutil.rmtree(self.folder(batch), ignore_errors=True)

    def clear(self) -> None:
        """Remove all."""
        shutil.rmtree(self._folder, ignore_errors=True)


def plain_parts(path: str) -> list[str]:
    """Split the path of a file as a browser tells it into names that lead nowhere else."""
    parts = [_plain(each) for each in path.replace("\\", "/").split("/") if each not in ("", ".", "..")]
    return parts[-_DEEPEST:] or ["file"]


def _plain(name: str) -> str:
    """Make of any name one that every system takes; its ending stays."""
    plain = _NOT_PLAIN.sub("_", name).strip(" .")[-_LONGEST_NAME:]
    return plain or "file"


def _free(path: Path) -> Path:
    """Return a path beside one that is taken: files of one name do not replace each other."""
    free, number = path, 2
    while free.exists():
        free = path.parent / str(number) / path.name
        number += 1
    return free
