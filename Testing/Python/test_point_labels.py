"""Labelling by points: whole lesions, splits, points that miss, files of either kind."""

import json

import numpy as np
import pytest
from CACAnnotationLib.control_points import ControlPoint, read_control_points
from CACAnnotationLib.point_labels import label_by_points
from CACScoringLib.candidates.candidates import find_candidates
from CACScoringLib.errors import CACError
from CACScoringLib.geometry import VolumeGeometry
from CACScoringLib.scans.ct_scan import CTScan
from volumes import blocks, scan_of

SHAPE = (6, 20, 24)
HU = blocks(SHAPE, (slice(1, 4), slice(5, 8), slice(4, 16), 300), (4, 12, 3, 200), (0, 0, 0, 400))


def points(*placed):
    return [ControlPoint(f"point {n}", label, ijk) for n, (label, ijk) in enumerate(placed, start=1)]


def labelled(*placed, **options):
    return label_by_points(find_candidates(scan_of(HU)), points(*placed), **options)


def test_a_point_labels_its_whole_lesion_and_no_other():
    result = labelled(("RCA", (5, 6, 2)))
    assert np.array_equal(result.labels == 4, HU == 300)
    assert np.array_equal(result.labels != 0, HU == 300)
    assert (result.lesions, result.split, result.skipped) == (1, 0, ())


def test_fractional_points_count_for_the_voxel_they_lie_in():
    assert labelled(("RCA", (3.6, 4.5001, 3.4))).lesions == 1


def test_two_arteries_split_a_lesion_by_the_nearer_point():
    result = labelled(("LAD", (4, 6, 2)), ("LCX", (15, 6, 2)))
    assert result.split == 1
    assert set(np.unique(result.labels[HU == 300])) == {2, 3}
    lad = np.argwhere(result.labels == 2)
    # The plane half way between columns 4 and 15 is at 9.5.
    assert lad[:, 2].max() == 9
    assert np.argwhere(result.labels == 3)[:, 2].min() == 10


def test_distance_is_in_millimetres():
    # Points (4, 5, 1) and (6, 5, 3): in voxels a diagonal plane; with slices of 10 mm the slice decides.
    candidates = find_candidates(scan_of(HU, (1.0, 1.0, 10.0)))
    result = label_by_points(candidates, points(("LAD", (4, 5, 1)), ("LCX", (6, 5, 3))))
    assert np.all(result.labels[1][HU[1] == 300] == 2)
    assert np.all(result.labels[3][HU[3] == 300] == 3)


def test_two_arteries_on_one_voxel_are_refused():
    with pytest.raises(CACError, match=r"point 1 \(LAD\) and point 2 \(RCA\) lie on the same voxel"):
        labelled(("LAD", (4, 6, 2)), ("RCA", (4.2, 6, 2)))


@pytest.mark.parametrize("column", [3.5, 4.499, 14.5, 15.499])
def test_a_point_lies_in_the_voxel_around_it(column):
    assert labelled(("RCA", (column, 6, 2))).lesions == 1


@pytest.mark.parametrize("column", [3.499, 15.5])
def test_half_a_voxel_beside_is_beside(column):
    assert labelled(("RCA", (column, 6, 2))).lesions == 0


def test_two_points_of_one_artery_do_not_split():
    result = labelled(("LAD", (4, 6, 2)), ("LAD", (15, 6, 2)))
    assert (result.lesions, result.split) == (1, 0)


def test_a_point_beside_everything_is_skipped_with_its_distance():
    candidates = find_candidates(scan_of(HU, (0.5, 0.5, 3.0)))
    result = label_by_points(candidates, points(("LAD", (3, 15, 4)), ("LAD", (99, 6, 2)), ("LCX", (4, 5, 1))))
    assert [skipped.nearest_mm for skipped in result.skipped] == pytest.approx([1.5, 42.0])
    assert result.skipped[0].point.name == "point 1"
    assert result.lesions == 1


def test_a_point_far_away_is_skipped_too():
    (skipped,) = labelled(("LAD", (1e30, 6, 2))).skipped
    assert skipped.nearest_mm > 1e29


def test_no_candidates_at_all():
    result = label_by_points(find_candidates(scan_of(blocks(SHAPE))), points(("LAD", (3, 3, 3))))
    assert result.skipped[0].nearest_mm is None
    assert not result.labels.any()


def test_rest_is_other():
    labels = labelled(("RCA", (5, 6, 2)), rest_is_other=True).labels
    assert np.array_equal(labels == 1, (HU >= 130) & (HU != 300))
    assert not labelled(("RCA", (5, 6, 2))).labels[HU == 200].any()


GEOMETRY = VolumeGeometry(SHAPE[::-1], (0.5, 0.5, 3.0), (-10.0, 20.0, 30.0))
SCAN = CTScan(HU, GEOMETRY)


def markups(tmp_path, system, *placed, **point_fields):
    path = tmp_path / "a.mrk.json"
    control_points = [
        {"label": label, "position": list(position), **point_fields} for label, position in placed
    ]
    node = {"type": "Fiducial", "coordinateSystem": system, "controlPoints": control_points}
    path.write_text(json.dumps({"markups": [node]}))
    return path


@pytest.mark.parametrize(
    ("system", "signs"), [("LPS", (1, 1, 1)), ("RAS", (-1, -1, 1)), ("0", (-1, -1, 1)), (1, (1, 1, 1))]
)
def test_markups_in_either_coordinate_system(tmp_path, system, signs):
    position = GEOMETRY.lps_of((5, 6, 2)) * signs
    (point,) = read_control_points(markups(tmp_path, system, ("lad ", position)), SCAN)
    assert point.label == "LAD"
    assert point.ijk == pytest.approx((5, 6, 2))


def test_undefined_markups_are_passed_over(tmp_path):
    path = markups(tmp_path, "LPS", ("LAD", (0, 0, 0)), positionStatus="undefined")
    assert read_control_points(path, SCAN) == []


def test_csv(tmp_path):
    path = tmp_path / "points.csv"
    path.write_text("\ufeffi, j, k, label\n5,6,2,RCA\n1.5,2,3, lm\n", encoding="utf-8")
    assert [(point.label, point.ijk) for point in read_control_points(path, SCAN)] == [
        ("RCA", (5, 6, 2)),
        ("LM", (1.5, 2, 3)),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("i,j,label\n1,2,LAD\n", "no column k"),
        ("", "no column i, j, k, label"),
        ("i,j,k,label\n1,2,x,LAD\n", "line 2 .* three coordinates"),
        ("i,j,k,label\n1,2,nan,LAD\n", "line 2 .* three coordinates"),
        ("i,j,k,label\n1,2,3,LAD\n1,2\n", "line 3 .* three coordinates"),
        ("i,j,k,label\n1,2,3,Aorta\n", "line 2 .*Aorta.*OTHER, LAD, LCX, RCA, LM"),
        ("i,j,k,label\n1,2,3,\n", "line 2 "),
        pytest.param(f"i,j,k,label\n{'1' * 140_000},2,3,LAD\n", "comma-separated", id="endless cell"),
    ],
)
def test_wrong_csv_is_named_by_line(tmp_path, text, said):
    path = tmp_path / "points.csv"
    path.write_text(text)
    with pytest.raises(CACError, match=said):
        read_control_points(path, SCAN)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"markups": 3}',
        '{"markups": [3]}',
        "[" * 100_000,
        '{"markups": [{"controlPoints": 3}]}',
        '{"markups": [{"controlPoints": [3]}]}',
        '{"markups": [{"coordinateSystem": ["LPS"]}]}',
    ],
)
def test_json_that_is_no_markups(tmp_path, text):
    path = tmp_path / "a.mrk.json"
    path.write_text(text)
    with pytest.raises(CACError, match=r"a\.mrk\.json"):
        read_control_points(path, SCAN)


def test_markups_with_unknown_coordinates(tmp_path):
    with pytest.raises(CACError, match="RAS and LPS"):
        read_control_points(markups(tmp_path, "XYZ", ("LAD", (0, 0, 0))), SCAN)
    with pytest.raises(CACError, match="three coordinates"):
        read_control_points(markups(tmp_path, "LPS", ("LAD", (0, 0))), SCAN)
    with pytest.raises(CACError, match="Marker-1"):
        read_control_points(markups(tmp_path, "LPS", ("Marker-1", (0, 0, 0))), SCAN)


def test_files_that_are_not_there_or_not_text(tmp_path):
    with pytest.raises(CACError, match="no file"):
        read_control_points(tmp_path / "a.csv", SCAN)
    (tmp_path / "b.csv").write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(CACError, match="as text"):
        read_control_points(tmp_path / "b.csv", SCAN)
