"""Finding scans with label maps in a folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from CACScoringLib.errors import CACError
from CACScoringLib.scans.sources import ScanSource, scan_sources

from .patients import scan_stem

_ENDINGS = (".nrrd", ".seg.nrrd")


@dataclass(frozen=True)
class LabelledScan:
    """A scan and its label maps; either map may be None where that task was not labelled.

    Parameters
    ----------
    source
        The CT.
    cac, car
        Label map of calcium, and of regions.
    """

    source: ScanSource
    cac: Path | None
    car: Path | None

    @property
    def files(self) -> list[Path]:
        """All files that it consists of."""
        images = [self.source.image] if self.source.image else []
        slices = [header.path for series in self.source.series for header in series.headers]
        return [*images, *slices, *(path for path in (self.cac, self.car) if path)]


@contextmanager
def labelled_scans(data: Path) -> Iterator[list[LabelledScan]]:
    """Find the labelled scans below a folder, as ``cac phantom`` and the authors' labelling tool leave them.

    Beside a CT, or one folder above a DICOM series, lie ``cac.nrrd`` and ``car.nrrd`` (or ``.seg.nrrd``);
    beside ``<scan>.mhd`` lie ``<scan>-label-lesion.nrrd`` (calcium) and ``<scan>-label.nrrd`` (regions).

    Raises
    ------
    CACError
        If no scan has a label map.
    """
    with scan_sources(data) as sources:
        found = [LabelledScan(each, *_label_files(each)) for each in sources]
        labelled = [scan for scan in found if scan.cac or scan.car]
        if not labelled:
            raise CACError(
                f"{data} holds {len(sources)} scans, none with labels: cac.nrrd and car.nrrd beside a scan, "
                "or <scan>-label-lesion.nrrd and <scan>-label.nrrd"
            )
        yield labelled


def _label_files(source: ScanSource) -> tuple[Path | None, Path | None]:
    """Label maps of calcium and of regions."""
    if source.image is not None:
        stem = scan_stem(source.image)
        own = _first(source.folder, f"{stem}-label-lesion"), _first(source.folder, f"{stem}-label")
        if any(own):
            return own
    folders = [source.folder] if source.image else [source.folder, source.folder.parent]
    for folder in folders:
        shared = _first(folder, "cac"), _first(folder, "car")
        if any(shared):
            return shared
    return None, None


def _first(folder: Path, stem: str) -> Path | None:
    return next((path for ending in _ENDINGS if (path := folder / f"{stem}{ending}").is_file()), None)
