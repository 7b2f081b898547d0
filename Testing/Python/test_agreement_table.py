"""``cac agree``: the table it reads, the sentences for bad tables, what it prints and writes."""

import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
import typer
from CACScoringLib.agreement.paired_table import read_paired_table
from CACScoringLib.commands.agree import agree
from CACScoringLib.errors import CACError
from typer.testing import CliRunner

GOOD = """scan,agatston_a,agatston_b,LAD_a,LAD_b,comment
s1,0,0,0,0,
s2,12.5,10,5,,second look
s3,150,140,NaN,90,
s4,900,1100,400,450,
s5,5,30,1,2,
"""


def run(*arguments):
    app = typer.Typer()
    app.command()(agree)
    return CliRunner().invoke(app, [str(each) for each in arguments], env={"COLUMNS": "200"})


@pytest.fixture
def write(tmp_path):
    def write(text, encoding="utf-8"):
        path = tmp_path / "table.csv"
        path.write_bytes(text.encode(encoding))
        return path

    return write


def test_pairs_and_what_is_left_out(write):
    table = read_paired_table(write(GOOD))
    assert table.rows == 5
    assert table.ignored == ("scan", "comment")
    np.testing.assert_array_equal(table.agatston.test, [0, 10, 140, 1100, 30])
    np.testing.assert_array_equal(table.measures["LAD"].reference, [0, 400, 1])
    assert table.measures["LAD"].left_out == 2


def test_spreadsheet_habits(write):
    # A byte-order mark, spaces, CRLF, quotes and a blank last line, as spreadsheets write them.
    text = '"agatston_a", agatston_b\r\n1, 2\r\n"3",4\r\n5,6\r\n,\r\n\r\n'
    np.testing.assert_array_equal(read_paired_table(write(text, "utf-8-sig")).agatston.reference, [1, 3, 5])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ["empty"]),
        ("agatston_a,agatston_b\n", ["0 rows", "at least 3"]),
        ("agatston_a,agatston_b\n1,2\n3,4\n", ["2 rows", "at least 3"]),
        ("scan,score\n1,2\n3,4\n5,6\n", ["agatston_a", "agatston_b", "scan, score"]),
        ("agatston_a;agatston_b\n1;2\n3;4\n5;6\n", ["commas"]),
        ("agatston_a,LAD_b\n1,2\n3,4\n5,6\n", ["'agatston_a'", "no partner 'agatston_b'"]),
        ("x_a,x_b,y_b\n1,2,3\n1,2,3\n1,2,3\n", ["'y_b'", "no partner 'y_a'"]),
        ("x_a,x_b\n1,2\n3,many\n5,6\n", ["line 3", "'x_b'", "no number"]),
        ('x_a,x_b\n1,2\n3,4\n"5,5",6\n', ["line 4", "'x_a'", "decimal point"]),
        ("x_a,x_b\n1,2\n3,inf\n5,6\n", ["line 3", "no number"]),
        ("x_a,x_b\n1,2\n3\n5,6\n", ["line 3", "1 cells for 2 columns"]),
        ("x_a,x_b,x_a\n1,2,3\n1,2,3\n1,2,3\n", ["more than one column 'x_a'"]),
        ("x_a,x_b\n1,2\n3,1e308\n5,6\n", ["line 3", "'x_b'", "1e+308", "no reading exceeds 1e+12"]),
        ("x_a,x_b\n1,2\n3,4\n-2e12,6\n", ["line 4", "'x_a'", "-2e+12", "no reading exceeds 1e+12"]),
        (f"scan,{'x' * 300}_a,{'x' * 300}_b\n", ["column 2", "'xxx", "302 characters", "shorten"]),
        ("agatston_a,agatston_b\n1,2\n3,-4\n5,6\n", ["line 3", "'agatston_b'", "cannot be -4"]),
        ('x_a,x_b\n1,2\n"3,4\n5,6\n', ["not comma-separated"]),
    ],
)
def test_bad_tables(write, text, words):
    with pytest.raises(CACError) as error:
        read_paired_table(write(text))
    for word in words:
        assert word in str(error.value)


def test_files_that_are_no_tables(tmp_path):
    binary = tmp_path / "binary.csv"
    binary.write_bytes(bytes(range(256)) * 4)
    for path, word in ((tmp_path / "absent.csv", "no such file"), (tmp_path, "folder"), (binary, "UTF-8")):
        with pytest.raises(CACError, match=word):
            read_paired_table(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_not_waited_for(tmp_path):
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    program = (
        "import sys; from pathlib import Path; "
        "from CACScoringLib.agreement.paired_table import read_paired_table; "
        "read_paired_table(Path(sys.argv[1]))"
    )
    done = subprocess.run([sys.executable, "-c", program, pipe], capture_output=True, text=True, timeout=60)
    assert f"table {pipe} is no file but a folder, pipe or device" in done.stderr


def test_the_largest_readings(write):
    document = json.loads(run(write("x_a,x_b\n1,2\n1e12,-1e12\n-1e12,1e12\n3,1e12\n"), "--json").stdout)
    assert document["measures"]["x"]["bland_altman"]["bias"]["value"] == pytest.approx(2.5e11)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("measure", ["x" * 100, "$\\frac{$"])
def test_odd_names_are_drawn(write, tmp_path, measure):
    text = f"{measure}_a,{measure}_b\n1,2\n3,5\n7,7\n9,8\n"
    assert run(write(text), "--out", tmp_path / "out", "--resamples", 100).exit_code == 0


def test_json(write):
    result = run(write(GOOD), "--json", "--resamples", 200)
    assert result.exit_code == 0
    document = json.loads(result.stdout)
    assert document["bootstrap"] == {
        "method": "BCa",
        "confidence": 0.95,
        "unit": "scan",
        "resamples": 200,
        "seed": 0,
    }
    agatston = document["measures"]["agatston"]
    assert agatston["pairs"] == 5
    # Differences b - a: 0, -2.5, -10, 200, 25.
    assert agatston["bland_altman"]["bias"]["value"] == pytest.approx(42.5)
    low, high = agatston["icc_a1"]["bootstrap_ci95"]
    assert low <= agatston["icc_a1"]["value"] <= high
    assert document["measures"]["LAD"]["left_out"] == 2
    # Categories 0, (10,100], (100,400], >400, (0,10] against 0, (0,10], (100,400], >400, (10,100].
    assert document["risk"]["same_category"] == 3
    assert document["risk"]["scans"][2][1] == document["risk"]["scans"][1][2] == 1


def test_risk_scheme_is_chosen(write):
    document = json.loads(run(write(GOOD), "--json", "--risk", "mtal").stdout)
    assert document["risk"]["categories"] == ["0", "(0,100)", "[100,300)", ">=300"]
    assert document["risk"]["kappa_linear"]["value"] == 1
    assert "same value" in document["risk"]["kappa_linear"]["note"]
    assert "not one of standard" in str(run(write(GOOD), "--risk", "none").exception)


def test_table_for_people(write):
    text = run(write(GOOD)).stdout
    for words in (
        "a is the reference",
        "LAD: left out for an empty cell: 2 of 5",
        "2000 resamples of scans",
        "kappa",
        "For research use only; not a medical device.",
    ):
        assert words in text


def test_measures_without_enough_pairs_are_skipped_and_named(write):
    path = write("x_a,x_b,mass_a,mass_b\n1,2,,\n3,4,,\n5,6,1,2\n")
    document = json.loads(run(path, "--json").stdout)
    assert list(document["measures"]) == ["x"]
    assert document["skipped"] == {"mass": "1 complete pairs; at least 3 are needed"}
    assert document["risk"] is None
    assert "No risk categories" in run(path).stdout
    nothing = run(write("mass_a,mass_b\n,\n1,\n,2\n3,\n"))
    assert "no measure can be compared" in str(nothing.exception)


def test_nothing_but_zeros_is_said_to_be_undefined(write):
    document = json.loads(run(write("agatston_a,agatston_b\n" + "0,0\n" * 4), "--json").stdout)
    assert document["measures"]["agatston"]["icc_a1"]["value"] is None
    assert document["risk"]["kappa_linear"]["value"] is None
    assert document["risk"]["kappa_linear"]["note"].startswith("undefined")


@pytest.mark.parametrize("text", [GOOD, "agatston_a,agatston_b\n" + "0,0\n" * 4], ids=["scores", "zeros"])
def test_pictures_and_figures_are_written(write, tmp_path, text):
    from matplotlib.image import imread

    out = tmp_path / "new" / "folder"
    assert run(write(text), "--out", out).exit_code == 0
    for name in ("bland_altman_agatston", "risk_categories"):
        picture = imread(out / f"{name}.png")
        assert picture[..., :3].std() > 0.02  # a blank sheet has 0
        assert ElementTree.parse(out / f"{name}.svg").getroot().tag.endswith("svg")
    document = json.loads((out / "agreement.json").read_text(encoding="utf-8"))
    assert "agatston" in document["measures"]


def test_bland_altman_picture_shows_the_pairs_and_the_limits(write):
    from CACScoringLib.agreement.bland_altman_picture import bland_altman_figure
    from CACScoringLib.agreement.bootstrap import BootstrapPlan
    from CACScoringLib.agreement.reading_agreement import measure_agreement

    pairs = read_paired_table(write(GOOD)).agatston
    agreement = measure_agreement(pairs, BootstrapPlan("scan", 200))
    changed = np.array([False, True, False, False, True])
    figure = bland_altman_figure("agatston", pairs, agreement.bland_altman, agreement.icc, changed)
    (axes,) = figure.axes
    points = np.concatenate([np.asarray(each.get_offsets()) for each in axes.collections])
    np.testing.assert_allclose(
        sorted(points.tolist()), sorted([[0, 0], [11.25, -2.5], [145, -10], [1000, 200], [17.5, 25]])
    )
    heights = [line.get_ydata()[0] for line in axes.get_lines()]
    limits = agreement.bland_altman
    assert heights == pytest.approx([0, limits.upper.value, limits.bias.value, limits.lower.value])
    low, high = axes.get_ylim()
    assert low <= limits.lower.value
    assert high >= limits.upper.value
