"""Scans that a reader brings: uploaded by the browser, added to the project one after another."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path

from CACScoringLib.errors import CACError
from CACScoringLib.scans.archive import is_archive

from ...controls.words import _
from ...project.adding import ADDED, FAILED, FOUND_AGAIN, AddingOptions, add_images
from ..context import PageContext
from ..soon import Soon
from ..uploads import Uploads
from .section import Section


class AddingSection(Section):
    """Adds what was uploaded.

    Parameters
    ----------
    context
        Of the page.
    uploads
        What came from the browser.
    soon
        Does what takes its time.
    added
        Called when the project has other scans.
    """

    def __init__(
        self, context: PageContext, uploads: Uploads, soon: Soon, added: Callable[[], object]
    ) -> None:
        super().__init__(context)
        self._uploads, self._soon, self._added = uploads, soon, added

    def actions(self) -> Mapping[str, Callable[..., object]]:
        """Add the scans of a batch that has come whole; forget one that has not."""
        return {"uploaded": self._uploaded, "forget_upload": self._uploads.forget}

    def _uploaded(self, batch: object) -> None:
        self._soon.do(_("Looking at the files …"), lambda: self._add(batch))

    async def _add(self, batch: object) -> None:
        results = []
        try:
            for each in add_images(
                self._context.project, _images_in(self._uploads.folder(batch)), AddingOptions(copy=True)
            ):
                results.append(each)
                self._context.show("under_way", _("Scans looked at: {count}").format(count=len(results)))
                self._context.send()
                # The views get their turn between two scans.
                await asyncio.sleep(0)
        finally:
            self._uploads.forget(batch)
        self._added()
        failed = [f"{each.name}: {each.error}" for each in results if each.outcome == FAILED]
        added = sum(each.outcome in (ADDED, FOUND_AGAIN) for each in results)
        if failed:
            raise CACError("; ".join([_("{count} scans added").format(count=added), *failed]))
        self._context.say(
            _("{count} scans added, {there} were there").format(count=added, there=len(results) - added)
        )


def _images_in(folder: Path) -> list[Path]:
    """Return what to look into: archives of their own, and the folder for all else in it."""
    files = [each for each in sorted(folder.rglob("*")) if each.is_file()]
    archives = [each for each in files if is_archive(each)]
    return [*archives, *([folder] if len(archives) < len(files) else [])]
