"""Reports: what they say, what they show, and that they stay one page."""

from __future__ import annotations

import base64
import itertools
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from CACScoringLib.commands.report import report, report_paths
from CACScoringLib.errors import CACError
from CACScoringLib.geometry import VolumeGeometry
from CACScoringLib.labels.label_map import write_label_map
from CACScoringLib.report.content import report_content
from CACScoringLib.report.key_slices import calcium_patches, choose_key_slices
from CACScoringLib.report.page_plan import CAPTION_HEIGHT, HEADING_HEIGHT, facts_top, plan_page
from CACScoringLib.report.pictures import slice_pictures
from CACScoringLib.report.scan_report import ScanReport, scan_report
from CACScoringLib.report.sheet import shortened, width_mm, wrapped
from CACScoringLib.scans.ct_scan import Acquisition, CTScan, ScanWarning
from CACScoringLib.scoring.protocol import ScoringProtocol, protocol_named
from CACScoringLib.scoring.scored_scan import scored_scan

GEOMETRY = VolumeGeometry((150, 150, 40), (1.0, 1.0, 3.0), (-75.0, -75.0, 10.0))
AGATSTON = protocol_named("agatston")
LESIONS = (
    # label, slices, rows, columns, HU
    (2, slice(20, 23), slice(40, 44), slice(80, 85), 450),
    (2, slice(21, 22), slice(44, 45), slice(80, 85), 450),
    (2, slice(30, 31), slice(45, 47), slice(90, 92), 150),
    (3, slice(15, 17), slice(70, 75), slice(110, 113), 320),
    (3, slice(16, 17), slice(75, 76), slice(110, 113), 320),
    (4, slice(10, 14), slice(60, 66), slice(40, 42), 210),
    (4, slice(12, 13), slice(66, 68), slice(40, 42), 210),
    (5, slice(32, 33), slice(60, 63), slice(70, 74), 500),
)


def make_scan(
    warnings: tuple[ScanWarning, ...] = (), acquisition: Acquisition | None = None
) -> tuple[CTScan, np.ndarray]:
    """A noisy cylinder of blood in fat, with calcium; every candidate is labelled."""
    rows, columns = np.mgrid[:150, :150]
    body = (rows - 70) ** 2 + (columns - 76) ** 2 < 65**2
    noise = np.random.default_rng(0).normal(0, 15, GEOMETRY.shape)
    hu = np.where(body, 40 + noise.clip(-60, 60), -100).astype(np.int16)
    labels = np.zeros(hu.shape, np.uint8)
    for value, *where, calcium in LESIONS:
        hu[tuple(where)], labels[tuple(where)] = calcium, value
    scan = CTScan(hu, GEOMETRY, acquisition or Acquisition(kvp=120, slice_thickness_mm=3.0), None, warnings)
    return scan, labels


def report_of(
    scan: CTScan,
    labels: np.ndarray | None,
    protocol: ScoringProtocol = AGATSTON,
    name: str = "scan",
    **how: bool,
) -> ScanReport:
    return scan_report(name, scored_scan(scan, protocol, labels, **how), labels)


class Page(HTMLParser):
    """Text and references of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: list[str] = []
        self.references: list[str] = []
        self.in_style = False
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list) -> None:
        self.tags.append(tag)
        self.in_style = tag == "style"
        self.references += [value for name, value in attributes if name in ("src", "href", "srcset")]

    def handle_endtag(self, tag: str) -> None:
        self.in_style = False

    def handle_data(self, data: str) -> None:
        if not self.in_style:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def pages_of(pdf: bytes) -> int:
    return len(re.findall(rb"/Type /Page\b", pdf))


def test_a_report_says_what_the_scores_say() -> None:
    scan, labels = make_scan(acquisition=Acquisition(kvp=120, kernel="B35f", patient_key="key-17"))
    scored = scored_scan(scan, AGATSTON, labels)
    text = Page(report_of(scan, labels, name="scan 7").html()).text
    assert scored.scores is not None
    assert "Reviewed, 40 of 40 slices" in text
    for artery, scores in scored.scores.arteries.items():
        row = (f"{scores.agatston:,.1f}", f"{scores.volume_mm3:,.1f}", "\N{EN DASH}", f"{scores.density:.2f}")
        assert " ".join([*row, str(scores.lesions)]) in text
        assert artery in text
    assert f"Total {scored.scores.total.agatston:,.1f}" in text
    assert f"Arterial age {scored.arterial_age_years:.0f} years" in text
    for words in (
        "scan 7",
        "Patient key-17",
        "Risk category, standard scheme >400",
        "Left anterior descending, with left main",
        "No mass: uncalibrated",
        "B35f",
        "≥ 130 HU",
        "coronary-calcium ",
        "For research use only; not a medical device",
    ):
        assert words in text


def test_left_main_apart_and_calibrated_mass() -> None:
    scan, labels = make_scan()
    protocol = protocol_named("hong2022").with_settings(["mass_factor=0.8"])
    content = report_content("scan", scored_scan(scan, protocol, labels))
    assert [row.name for row in content.rows] == ["LAD", "LCX", "RCA", "LM", "Total"]
    assert max(row.share for row in content.rows) == 1.0
    # 12 pixels of 3 mm³ at 500 HU.
    assert content.rows[3].cells[2] == f"{0.8 * 500 * 36 / 1000:,.2f}"
    assert content.mass_note == ""
    assert dict(content.protocol)["Left main"] == "kept apart"


@pytest.mark.parametrize(
    ("labelled", "how", "state", "total"),
    [
        (None, {}, "Not reviewed", None),
        ("nothing", {}, "Not reviewed, 0 of 40 slices", None),
        ("nothing", {"signed_off": True}, "Reviewed, 40 of 40 slices", "0"),
        ("one", {}, "Not reviewed, 32 of 40 slices", "260.0"),
    ],
)
def test_not_reviewed_is_not_zero(
    labelled: str | None, how: dict[str, bool], state: str, total: str | None
) -> None:
    scan, all_labels = make_scan()
    labels = None if labelled is None else np.zeros_like(all_labels)
    if labels is not None and labelled == "one":
        labels[20:23] = all_labels[20:23]
    made = report_of(scan, labels, **how)
    assert made.content.agatston == total
    text = Page(made.html()).text
    assert state in text
    assert ("No score" in text) == (total is None)
    assert (made.content.risk.position is None) == (total is None)
    assert pages_of(made.pdf()) == 1
    assert len(made.pictures) == 6 or labelled == "one"


def test_patches_add_up_to_the_score() -> None:
    scan, labels = make_scan()
    for name in ("agatston", "mtal2022", "hong2022", "orcascore"):
        protocol = protocol_named(name)
        scores = scored_scan(scan, protocol, labels).scores
        patches = calcium_patches(scan, labels, protocol)
        assert scores is not None
        for artery, expected in scores.arteries.items():
            found = sum(patch.agatston for patch in patches if patch.artery == artery)
            assert found == pytest.approx(expected.agatston)


def test_key_slices_show_the_most_of_each_artery_and_then_other_lesions() -> None:
    scan, labels = make_scan()
    patches = calcium_patches(scan, labels, AGATSTON)
    key_slices = choose_key_slices(patches, scan.geometry, 6)
    shown = [key_slice.slice_index for key_slice in key_slices]
    # All lesions are shown; the sixth is the best of what is left; head first.
    assert {21, 30, 16, 12, 32} < set(shown)
    assert len(shown) == 6
    assert shown == sorted(shown, reverse=True)
    assert key_slices[0].agatston == {"LAD": pytest.approx(48.0)}
    # With three pictures: one for each artery.
    assert [each.slice_index for each in choose_key_slices(patches, scan.geometry, 3)] == [21, 16, 12]


def test_few_calcified_slices_get_neighbours() -> None:
    scan, labels = make_scan()
    only = np.where(np.arange(40)[:, None, None] == 30, labels, 0)
    patches = calcium_patches(scan, only, AGATSTON)
    shown = [each.slice_index for each in choose_key_slices(patches, scan.geometry, 6)]
    assert shown == [32, 31, 30, 29, 28, 27]
    assert len(choose_key_slices((), VolumeGeometry((9, 9, 3), (1.0, 1.0, 3.0)), 6)) == 3


def turned(
    scan: CTScan, labels: np.ndarray, swap: bool, flips: tuple[bool, ...]
) -> tuple[CTScan, np.ndarray]:
    """The same patient, stored with other axes."""
    direction, origin = np.eye(3), np.array(scan.geometry.origin_lps_mm)
    arrays = [scan.values, labels]
    for axis, flip in enumerate(flips):
        if flip:
            arrays = [np.flip(array, 2 - axis) for array in arrays]
            last = (scan.geometry.size[axis] - 1) * scan.geometry.spacing_mm[axis]
            origin = origin + direction[:, axis] * last
            direction[:, axis] *= -1
    if swap:
        arrays = [array.transpose(0, 2, 1) for array in arrays]
        direction = direction[:, [1, 0, 2]]
    size = arrays[0].shape[::-1]
    spacing = np.array(scan.geometry.spacing_mm)[[1, 0, 2] if swap else [0, 1, 2]]
    geometry = VolumeGeometry(size, tuple(spacing), tuple(origin), tuple(direction.reshape(-1)))
    values, turned_labels = (np.ascontiguousarray(array) for array in arrays)
    return CTScan(values, geometry, scan.acquisition), turned_labels


def pictures_of(scan: CTScan, labels: np.ndarray) -> tuple:
    key_slices = choose_key_slices(calcium_patches(scan, labels, AGATSTON), scan.geometry, 6)
    return slice_pictures(scan, key_slices, 58.0, 50.0)


@pytest.mark.parametrize("swap", [False, True])
@pytest.mark.parametrize("flips", list(itertools.product([False, True], repeat=3)))
def test_anterior_is_up_and_right_is_left_however_the_volume_is_stored(
    swap: bool, flips: tuple[bool, ...]
) -> None:
    scan, labels = make_scan()
    expected, found = pictures_of(scan, labels), pictures_of(*turned(scan, labels, swap, flips))
    assert len(found) == len(expected) == 6
    for one, other in zip(expected, found, strict=True):
        assert one.position == other.position
        np.testing.assert_allclose(one.hu, other.hu, atol=0.5)
        for outline, same in zip(one.outlines, other.outlines, strict=True):
            np.testing.assert_array_equal(outline.mask, same.mask)
            np.testing.assert_allclose(outline.x_mm, same.x_mm)
            np.testing.assert_allclose(outline.y_mm, same.y_mm)
    # Bright voxels of the RCA, right of the midline of the patient, stand left in the picture.
    rca = next(picture for picture in found if picture.names[0].text == "RCA")
    bright = np.argwhere(rca.hu > 180).mean(axis=0) / rca.hu.shape
    assert bright[1] < 0.5
    name = rca.names[0]
    assert name.x_mm == pytest.approx(41.0, abs=0.6)
    place = ((name.x_mm - rca.window.x) / rca.window.width, (64 - rca.window.y) / rca.window.height)
    assert bright[::-1] == pytest.approx(place, abs=0.02)


def test_all_calcium_lies_inside_the_pictures() -> None:
    scan, labels = make_scan()
    for picture in pictures_of(scan, labels):
        for outline in picture.outlines:
            rows, columns = np.nonzero(outline.mask)
            assert picture.window.contains(outline.x_mm[columns], outline.y_mm[rows]).all()
        aspect = picture.hu.shape[1] / picture.hu.shape[0]
        assert picture.window.width / picture.window.height == pytest.approx(aspect, rel=0.01)


def test_the_same_scan_gives_the_same_bytes() -> None:
    first, second = (report_of(*make_scan()) for _ in range(2))
    assert first.pdf() == second.pdf()
    assert first.html() == second.html()
    assert b"CreationDate" not in first.pdf()


def test_html_needs_nothing_else_and_escapes_names() -> None:
    bad = '<script>alert("x")</script> & <b>'
    scan, labels = make_scan(
        (ScanWarning("series", bad),), Acquisition(kernel=bad, patient_key=bad, contrast_agent=bad)
    )
    html = report_of(scan, labels, name=bad).html()
    page = Page(html)
    assert "script" not in page.tags
    assert "link" not in page.tags
    assert page.text.count(bad) >= 5
    assert "url(" not in html
    assert "@import" not in html
    assert len(page.references) == 6
    for reference in page.references:
        kind, data = reference.split(",", 1)
        assert kind == "data:image/svg+xml;base64"
        svg = base64.b64decode(data)
        # Within the picture too: addresses are names of XML dialects, references stay inside.
        assert set(re.findall(rb'href="(#|data:)?', svg)) <= {b"#", b"data:"}


@pytest.mark.parametrize("words", [0, 8, 40, 400])
@pytest.mark.parametrize("count", [1, 10, 30])
def test_everything_finds_room_on_the_page(count: int, words: int) -> None:
    scan, labels = make_scan()
    warnings = tuple(ScanWarning(f"code{n}", "word " * words + f"end{n}") for n in range(count))
    scan.__dict__["warnings"] = warnings
    content = report_content("scan", scored_scan(scan, AGATSTON, labels))
    plan = plan_page(content, 6)
    _, height = plan.picture_mm
    bottom = plan.pictures_top + HEADING_HEIGHT + plan.rows * (height + CAPTION_HEIGHT)
    assert bottom <= facts_top(content)
    assert height >= 30
    text = " ".join(" ".join(line) for line in plan.warnings)
    # What is cut is named at least by its code, as far as that finds room.
    assert all(f"code{n}" in text for n in range(count)) or words * count > 300


def test_ten_long_warnings_are_all_on_the_page() -> None:
    sentence = (
        "a sentence that says in about as many words as are usual what is doubtful about this scan and what "
    )
    warnings = tuple(ScanWarning(f"code{n}", sentence * 2 + f"to do {n}") for n in range(10))
    scan, labels = make_scan()
    scan.__dict__["warnings"] = warnings
    made = report_of(scan, labels)
    text = " ".join(line for _, line in made.plan.warnings)
    assert all(f"to do {n}" in text for n in range(10))
    assert pages_of(made.pdf()) == 1


@pytest.mark.parametrize("name", ["x" * 400, "word " * 100, "$x_1^", "a\nb\tc", "北京 Ärzte", ""])
def test_strange_names_fit(name: str, recwarn: pytest.WarningsRecorder) -> None:
    scan, labels = make_scan()
    assert pages_of(report_of(scan, labels, name=name).pdf()) == 1
    assert not [str(warning.message) for warning in recwarn]


def test_text_is_fitted_by_its_width() -> None:
    text = "slices of 2.50 mm lie 3.00 mm apart: calcium between them is missed"
    lines = wrapped(text, 8, 40)
    assert " ".join(lines) == text
    assert len(lines) > 1
    assert all(width_mm(line, 8) <= 40 for line in lines)
    assert shortened(text, 8, 500) == text
    short = shortened(text, 8, 40)
    assert short.startswith("slices")
    assert short.endswith("missed")
    assert "…" in short
    assert width_mm(short, 8) <= 40


def test_small_volume() -> None:
    geometry = VolumeGeometry((64, 64, 3), (0.4, 0.4, 3.0))
    hu = np.full(geometry.shape, 30, np.int16)
    hu[1, 10:14, 50:60] = 300
    labels = np.where(hu > 200, 4, 0).astype(np.uint8)
    made = report_of(CTScan(hu, geometry), labels)
    assert [picture.inset for picture in made.pictures] == [None] * 3
    assert pages_of(made.pdf()) == 1


def test_the_command_writes_both_or_the_one_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import SimpleITK as sitk

    scan, labels = make_scan()
    image, label_file = tmp_path / "ct.nrrd", tmp_path / "cac.nrrd"
    sitk.WriteImage(GEOMETRY.to_image(scan.values), str(image))
    write_label_map(label_file, labels, GEOMETRY, "cac")

    report(image, tmp_path / "new", labels=label_file)
    written = [Path(line) for line in capsys.readouterr().out.splitlines()]
    assert written == [tmp_path / "new" / "report.pdf", tmp_path / "new" / "report.html"]
    assert written[0].read_bytes().startswith(b"%PDF")
    assert "ct.nrrd" in Page(written[1].read_text(encoding="utf-8")).text

    report(image, tmp_path / "one.html", protocol="hong2022")
    assert capsys.readouterr().out.splitlines() == [str(tmp_path / "one.html")]
    assert "Not reviewed" in Page((tmp_path / "one.html").read_text(encoding="utf-8")).text


def test_other_endings_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CACError, match=r"\.pdf or \.html"):
        report_paths(tmp_path / "report.docx")
    folder = tmp_path / "scan.1"
    folder.mkdir()
    assert report_paths(folder) == (folder / "report.pdf", folder / "report.html")
