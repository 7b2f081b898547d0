"""A report of a scored scan: made once, written as PDF and as HTML."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..scoring.scored_scan import ScoredScan
from .content import ReportContent, report_content
from .html_page import page_html
from .key_slices import calcium_patches, choose_key_slices
from .page_plan import PICTURES_IN_ROW, PagePlan, plan_page
from .pdf_page import page_pdf
from .pictures import SlicePicture, slice_pictures

MOST_PICTURES = 2 * PICTURES_IN_ROW


@dataclass(frozen=True, eq=False)
class ScanReport:
    """What a report says, its pictures, and how its page is divided."""

    content: ReportContent
    pictures: tuple[SlicePicture, ...]
    plan: PagePlan

    def pdf(self) -> bytes:
        """One page of A4; the same report gives the same bytes on one machine."""
        return page_pdf(self.content, self.pictures, self.plan)

    def html(self) -> str:
        """One file with everything in it: no script, nothing fetched."""
        return page_html(self.content, self.pictures, self.plan)


def scan_report(name: str, scored: ScoredScan, labels: NDArray[np.uint8] | None) -> ScanReport:
    """Make the report of a scored scan.

    Parameters
    ----------
    name
        What the report calls the scan.
    scored
        The scored scan.
    labels
        The CAC label map ``[slice, row, column]`` it was scored with, None if nobody labelled it.
    """
    scan = scored.scan
    patches = () if labels is None else calcium_patches(scan, labels, scored.protocol)
    content = report_content(name, scored)
    slices = choose_key_slices(patches, scan.geometry, MOST_PICTURES)
    plan = plan_page(content, len(slices))
    if plan.pictures < len(slices):
        slices = choose_key_slices(patches, scan.geometry, plan.pictures)
    return ScanReport(content, slice_pictures(scan, slices, *plan.picture_mm), plan)
