"""The report on one page of paper."""

from __future__ import annotations

import io
from collections.abc import Sequence

from ..disclaimer import DISCLAIMER
from .content import COLUMNS, ReportContent, RiskLine, ScoreRow
from .page_plan import (
    CAPTION_HEIGHT,
    COLUMN_GAP,
    FACT_LINE,
    FOOT,
    HEADING_HEIGHT,
    LEFT,
    PICTURES_IN_ROW,
    STATE_HEIGHT,
    STATE_TOP,
    WARNING_CODE_WIDTH,
    WARNING_GAP,
    WARNING_HEADING,
    WARNING_LINE,
    WARNING_SIZE,
    WARNINGS_TOP,
    WIDTH,
    PagePlan,
    facts_top,
    warnings_height,
)
from .picture_drawing import draw_slice, pictures_heading
from .pictures import SlicePicture
from .sheet import INK, MUTED, PAPER, Sheet, drawing_settings, shortened, width_mm

RIGHT = LEFT + WIDTH
_STATE_COLOURS = {"reviewed": ("#e4f1ea", "#14603f"), "not reviewed": ("#fdf0d5", "#7a4300")}
_WARNING_FILL, _WARNING_INK = "#fdece8", "#9b2412"
_TABLE_LEFT, _ROW = 84.0, 6.6
_RIGHT_EDGES = (135.0, 152.0, 168.0, 182.0, RIGHT)
_BAR_LEFT, _BAR_WIDTH = 98.0, 22.0
_RISK_WIDTH = 58.0
_PROTOCOL_LEFT, _FACT_SIZE = 127.0, 6.8


def page_pdf(content: ReportContent, pictures: Sequence[SlicePicture], plan: PagePlan) -> bytes:
    """Draw the page, as PDF; the same report gives the same bytes."""
    metadata = {"Title": "Coronary artery calcium", "Creator": content.software, "CreationDate": None}
    file = io.BytesIO()
    with drawing_settings():
        sheet = Sheet()
        _draw_header(sheet, content)
        _draw_state(sheet, content)
        _draw_warnings(sheet, content, plan)
        _draw_total(sheet, content, plan.summary_top)
        _draw_table(sheet, content, plan.summary_top)
        _draw_pictures(sheet, pictures, plan)
        _draw_facts(sheet, content)
        _draw_foot(sheet, content)
        sheet.figure.savefig(file, format="pdf", metadata=metadata)
    return file.getvalue()


def _draw_header(sheet: Sheet, content: ReportContent) -> None:
    sheet.text(LEFT, 19.5, "Coronary artery calcium", 17, bold=True)
    note_width = width_mm(DISCLAIMER, 8, bold=True) + 6
    sheet.box(RIGHT - note_width, 14.5, note_width, 6.4, PAPER, edge=MUTED)
    sheet.text(RIGHT - 3, 18.7, DISCLAIMER, 8, bold=True, colour=MUTED, align="right")
    patient = f"Patient {content.patient_key}" if content.patient_key else ""
    sheet.text(RIGHT, 26.3, patient, 9, colour=MUTED, align="right")
    room = WIDTH - width_mm(patient, 9) - 5
    sheet.text(LEFT, 26.3, shortened(content.name, 10, room), 10)


def _draw_state(sheet: Sheet, content: ReportContent) -> None:
    fill, ink = _STATE_COLOURS[content.state]
    sheet.box(LEFT, STATE_TOP, WIDTH, STATE_HEIGHT, fill)
    sheet.box(LEFT, STATE_TOP, 1.2, STATE_HEIGHT, ink)
    sheet.text(LEFT + 4, STATE_TOP + 5.9, content.state_text, 10, bold=True, colour=ink)
    after = LEFT + 4 + width_mm(content.state_text, 10, bold=True) + 5
    sheet.text(after, STATE_TOP + 5.9, shortened(content.state_note, 8.5, RIGHT - after - 3), 8.5, colour=ink)


def _draw_warnings(sheet: Sheet, content: ReportContent, plan: PagePlan) -> None:
    if not plan.warnings:
        return
    height = warnings_height(plan.warnings)
    sheet.box(LEFT, WARNINGS_TOP, WIDTH, height, _WARNING_FILL)
    sheet.box(LEFT, WARNINGS_TOP, 1.2, height, _WARNING_INK)
    count = len(content.warnings)
    heading = f"{count} warnings about this scan" if count > 1 else "1 warning about this scan"
    baseline = WARNINGS_TOP + 5.4
    sheet.text(LEFT + 4, baseline, heading, 9, bold=True, colour=_WARNING_INK)
    baseline += WARNING_HEADING + 0.4 - WARNING_GAP
    for code, line in plan.warnings:
        baseline += WARNING_GAP if code else 0.0
        code = shortened(code, WARNING_SIZE, WARNING_CODE_WIDTH - 2, bold=True)
        sheet.text(LEFT + 4, baseline, code, WARNING_SIZE, bold=True, colour=_WARNING_INK)
        sheet.text(LEFT + 4 + WARNING_CODE_WIDTH, baseline, line, WARNING_SIZE)
        baseline += WARNING_LINE


def _draw_total(sheet: Sheet, content: ReportContent, top: float) -> None:
    sheet.text(LEFT, top + 3, "Agatston score, total", 8, colour=MUTED)
    if content.agatston is None:
        sheet.text(LEFT, top + 13.5, "No score", 24, bold=True, colour=MUTED)
    else:
        sheet.text(LEFT, top + 14, content.agatston, 30, bold=True)
    _draw_risk(sheet, content.risk, top + 18.5)
    baseline = top + 33.5
    for name, value in content.summary:
        sheet.text(LEFT, baseline, name, 8, colour=MUTED)
        sheet.text(LEFT + _RISK_WIDTH, baseline, value, 8, bold=True, align="right")
        baseline += 4.1


def _draw_risk(sheet: Sheet, risk: RiskLine, top: float) -> None:
    """The scheme's categories side by side; the scan's own is dark."""
    width = _RISK_WIDTH / len(risk.categories)
    for number, category in enumerate(risk.categories):
        here = number == risk.position
        x = LEFT + number * width
        sheet.box(x + 0.25, top, width - 0.5, 6.2, INK if here else "#eceff2")
        sheet.text(
            x + width / 2, top + 4.1, category, 7, bold=here, colour=PAPER if here else MUTED, align="center"
        )


def _draw_table(sheet: Sheet, content: ReportContent, top: float) -> None:
    sheet.text(_TABLE_LEFT, top + 3, "Artery", 7.5, colour=MUTED)
    for edge, (heading, unit) in zip(_RIGHT_EDGES, COLUMNS, strict=True):
        sheet.text(edge, top + 3, heading, 7.5, colour=MUTED, align="right")
        sheet.text(edge, top + 6, unit, 6.5, colour=MUTED, align="right")
    y = top + 8
    sheet.rule(_TABLE_LEFT, y, RIGHT - _TABLE_LEFT, colour=MUTED)
    for row in content.rows:
        if row.colour is None:
            sheet.rule(_TABLE_LEFT, y, RIGHT - _TABLE_LEFT, colour=MUTED)
        else:
            _draw_artery(sheet, row, row.colour, y)
        name_left = _TABLE_LEFT + (4.6 if row.colour else 0)
        sheet.text(name_left, y + 4.4, row.name, 9, bold=True)
        for edge, cell in zip(_RIGHT_EDGES, row.cells, strict=True):
            sheet.text(edge, y + 4.4, cell, 9, bold=row.colour is None, align="right")
        y += _ROW
        if row.colour:
            sheet.rule(_TABLE_LEFT, y, RIGHT - _TABLE_LEFT)
    sheet.text(_TABLE_LEFT, y + 3.6, content.mass_note, 7, colour=MUTED)


def _draw_artery(sheet: Sheet, row: ScoreRow, colour: str, y: float) -> None:
    sheet.box(_TABLE_LEFT, y + 1.8, 3, 3, colour, edge=MUTED)
    sheet.box(_BAR_LEFT, y + 2.2, _BAR_WIDTH, 2.2, "#eceff2")
    if row.share > 0:
        sheet.box(_BAR_LEFT, y + 2.2, max(row.share * _BAR_WIDTH, 0.4), 2.2, colour)


def _draw_pictures(sheet: Sheet, pictures: Sequence[SlicePicture], plan: PagePlan) -> None:
    if not pictures:
        return
    top = plan.pictures_top
    heading, note = pictures_heading(pictures)
    sheet.text(LEFT, top + 3, heading, 9.5, bold=True)
    sheet.text(RIGHT, top + 3, note, 7, colour=MUTED, align="right")
    width, height = plan.picture_mm
    for number, picture in enumerate(pictures):
        row, column = divmod(number, PICTURES_IN_ROW)
        x = LEFT + column * (width + COLUMN_GAP)
        y = top + HEADING_HEIGHT + row * (height + CAPTION_HEIGHT)
        draw_slice(sheet.axes(x, y, width, height), picture)
        room = width - width_mm(picture.position, 7) - 2
        sheet.text(x, y + height + 3.6, shortened(picture.title, 8, room, bold=True), 8, bold=True)
        sheet.text(x + width, y + height + 3.6, picture.position, 7, colour=MUTED, align="right")
        sheet.text(x, y + height + 6.8, shortened(picture.note, 7, width), 7, colour=MUTED)


def _draw_facts(sheet: Sheet, content: ReportContent) -> None:
    top = facts_top(content)
    sheet.rule(LEFT, top, WIDTH)
    blocks = (
        ("Acquisition", content.acquisition, LEFT, 24.0, _PROTOCOL_LEFT - 4),
        ("Scoring protocol", content.protocol, _PROTOCOL_LEFT, 28.0, RIGHT),
    )
    for heading, facts, left, name_width, right in blocks:
        sheet.text(left, top + 4.4, heading, 8, bold=True)
        baseline = top + HEADING_HEIGHT + 2.6
        for name, value in facts:
            sheet.text(left, baseline, name, _FACT_SIZE, colour=MUTED)
            fitting = shortened(value, _FACT_SIZE, right - left - name_width)
            sheet.text(left + name_width, baseline, fitting, _FACT_SIZE)
            baseline += FACT_LINE


def _draw_foot(sheet: Sheet, content: ReportContent) -> None:
    sheet.rule(LEFT, FOOT, WIDTH)
    sheet.text(LEFT, FOOT + 4.5, content.software, 7, colour=MUTED)
    sheet.text(RIGHT, FOOT + 4.5, f"{DISCLAIMER}.", 7, colour=MUTED, align="right")
