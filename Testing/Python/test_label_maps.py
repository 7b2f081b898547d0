"""Label maps on disk, and as 3D Slicer's own core reads them."""

import subprocess
import sys

import numpy as np
import pytest
import SimpleITK as sitk
from CACScoringLib.errors import CACError
from CACScoringLib.geometry import VolumeGeometry
from CACScoringLib.labels.grid import on_grid
from CACScoringLib.labels.label_map import read_label_map, write_label_map
from CACScoringLib.schemes import label_scheme

GEOMETRY = VolumeGeometry((9, 8, 7), (0.5, 0.4, 3.0), (-10.0, 5.0, 20.0))


@pytest.fixture
def labels():
    return np.random.default_rng(0).integers(0, 6, GEOMETRY.shape).astype(np.uint8)


@pytest.mark.parametrize("name", ["a.nrrd", "a.seg.nrrd", "a.mha", "a.nii", "a.nii.gz", "sub/a.nrrd"])
def test_round_trip(tmp_path, labels, name):
    write_label_map(tmp_path / name, labels, GEOMETRY, "cac")
    assert np.array_equal(read_label_map(tmp_path / name, GEOMETRY), labels)


def test_another_grid_is_refused(tmp_path, labels):
    write_label_map(tmp_path / "a.nrrd", labels, GEOMETRY, "cac")
    shifted = VolumeGeometry(GEOMETRY.size, GEOMETRY.spacing_mm, (-10.0, 5.0, 23.0))
    with pytest.raises(CACError, match=r"a\.nrrd: the labels reach outside the scan"):
        read_label_map(tmp_path / "a.nrrd", shifted)


@pytest.mark.parametrize("orientation", ["RAS", "LPI", "ASL", "IRP", "SAR"])
def test_turned_axes_are_turned_back(tmp_path, labels, orientation):
    write_label_map(tmp_path / "a.nrrd", labels, GEOMETRY, "cac")
    turned = sitk.DICOMOrient(sitk.ReadImage(str(tmp_path / "a.nrrd")), orientation)
    sitk.WriteImage(turned, str(tmp_path / "b.nii"))
    assert np.array_equal(read_label_map(tmp_path / "b.nii", GEOMETRY), labels)


def test_a_cropped_or_padded_extent_is_put_in_its_place(tmp_path, labels):
    labels[:2] = labels[5:] = labels[:, 6:] = labels[:, :, :3] = 0
    image = GEOMETRY.to_image(labels)
    sitk.WriteImage(image[3:, :6, 2:5], str(tmp_path / "cropped.nrrd"))
    assert np.array_equal(read_label_map(tmp_path / "cropped.nrrd", GEOMETRY), labels)
    sitk.WriteImage(sitk.ConstantPad(image, [1, 2, 3], [3, 2, 1]), str(tmp_path / "padded.nrrd"))
    assert np.array_equal(read_label_map(tmp_path / "padded.nrrd", GEOMETRY), labels)


def test_a_box_is_placed_voxel_by_voxel():
    # A box of 3 x 2 x 4 voxels whose axes run along slices, columns backwards and rows.
    box = np.arange(1, 25, dtype=np.uint8).reshape(4, 2, 3)
    steps = np.array([[0, -1, 0, 5], [0, 0, 1, 1], [1, 0, 0, 2], [0, 0, 0, 1.0]])
    placed = on_grid(box, GEOMETRY.ijk_to_ras @ steps, GEOMETRY)
    for (z, y, x), value in np.ndenumerate(box):
        column, row, slice_index = (steps @ (x, y, z, 1))[:3].astype(int)
        assert placed[slice_index, row, column] == value
    assert np.count_nonzero(placed) == box.size


def test_labels_outside_the_scan_are_refused(tmp_path, labels):
    padded = sitk.ConstantPad(GEOMETRY.to_image(labels), [1, 1, 1], [1, 1, 1])
    padded[0, 0, 0] = 2
    sitk.WriteImage(padded, str(tmp_path / "a.nrrd"))
    with pytest.raises(CACError, match="outside the scan"):
        read_label_map(tmp_path / "a.nrrd", GEOMETRY)


@pytest.mark.parametrize(
    "changed",
    [
        VolumeGeometry((9, 8, 7), (0.5, 0.4, 1.5), GEOMETRY.origin_lps_mm),
        VolumeGeometry((9, 8, 7), (0.5, 0.4, 3.0), (-10.2, 5.0, 20.0)),
        VolumeGeometry((9, 8, 7), (0.5, 0.4, 3.0), (-10.0, 5.0, 20.0), (0.8, -0.6, 0, 0.6, 0.8, 0, 0, 0, 1)),
    ],
)
def test_voxels_between_voxels_are_refused(tmp_path, labels, changed):
    write_label_map(tmp_path / "a.nrrd", labels, changed, "cac")
    with pytest.raises(CACError, match="do not lie on the scan's grid"):
        read_label_map(tmp_path / "a.nrrd", GEOMETRY)


@pytest.mark.parametrize(
    ("value", "said"), [(6, "0 to 5"), (-1, "0 to 5"), (2.5, "fractions"), (np.nan, "0 to 5")]
)
def test_strange_values_are_refused(tmp_path, labels, value, said):
    strange = labels.astype(np.float32)
    strange[0, 0, 0] = value
    sitk.WriteImage(GEOMETRY.to_image(strange), str(tmp_path / "a.nrrd"))
    with pytest.raises(CACError, match=said):
        read_label_map(tmp_path / "a.nrrd", GEOMETRY)


def test_missing_and_damaged_files_are_named(tmp_path):
    with pytest.raises(CACError, match=r"no file .*a\.nrrd"):
        read_label_map(tmp_path / "a.nrrd", GEOMETRY)
    (tmp_path / "b.nrrd").write_bytes(b"NRRD0004\nrubbish")
    with pytest.raises(CACError, match=r"b\.nrrd cannot be read"):
        read_label_map(tmp_path / "b.nrrd", GEOMETRY)


@pytest.mark.parametrize("name", ["a.xyz", "a.mhd", "a"])
def test_unknown_endings(tmp_path, labels, name):
    with pytest.raises(CACError, match=r"must end in \.nrrd"):
        write_label_map(tmp_path / name, labels, GEOMETRY, "cac")


def test_unwritable_place(tmp_path, labels):
    (tmp_path / "file").touch()
    with pytest.raises(CACError, match="cannot write"):
        write_label_map(tmp_path / "file" / "a.nrrd", labels, GEOMETRY, "cac")


@pytest.mark.skipif(sys.platform == "win32", reason="limits the size of files the POSIX way")
@pytest.mark.parametrize("name", ["a.nrrd", "a.nii.gz", "a.seg.nrrd"])
def test_a_full_disk_is_noticed_and_keeps_the_old_labels(tmp_path, labels, name):
    write_label_map(tmp_path / name, labels, GEOMETRY, "cac")
    script = f"""
import resource, signal, numpy as np
from pathlib import Path
from CACScoringLib.errors import CACError
from CACScoringLib.geometry import VolumeGeometry
from CACScoringLib.labels.grid import on_grid
from CACScoringLib.labels.label_map import write_label_map
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200))
labels = np.random.default_rng(1).integers(0, 6, (7, 8, 9))
try:
    write_label_map(Path({str(tmp_path / name)!r}), labels, {GEOMETRY!r}, "cac")
except CACError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "cannot write labels" in done.stdout
    assert np.array_equal(read_label_map(tmp_path / name, GEOMETRY), labels)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_segments_are_found_by_name_whatever_their_values(tmp_path):
    stored = np.zeros(GEOMETRY.shape, np.uint8)
    stored[1, 2, 3], stored[4, 5, 6] = 1, 7
    image = GEOMETRY.to_image(stored)
    for key, value in {
        "Segment0_ID": "Segment_1",
        "Segment0_Name": "RCA",
        "Segment0_LabelValue": "1",
        "Segment1_ID": "Segment_2",
        "Segment1_Name": "lad",
        "Segment1_LabelValue": "7",
    }.items():
        image.SetMetaData(key, value)
    sitk.WriteImage(image, str(tmp_path / "a.seg.nrrd"))
    labels = read_label_map(tmp_path / "a.seg.nrrd", GEOMETRY)
    assert (labels[1, 2, 3], labels[4, 5, 6], labels.sum()) == (4, 2, 6)


def test_a_segment_that_is_no_artery_is_refused(tmp_path):
    image = GEOMETRY.to_image(np.ones(GEOMETRY.shape, np.uint8))
    image.SetMetaData("Segment0_Name", "Aorta")
    image.SetMetaData("Segment0_LabelValue", "1")
    sitk.WriteImage(image, str(tmp_path / "a.seg.nrrd"))
    with pytest.raises(CACError, match=r"a\.seg\.nrrd.*Aorta"):
        read_label_map(tmp_path / "a.seg.nrrd", GEOMETRY)


def test_a_segment_without_a_number_is_refused(tmp_path):
    image = GEOMETRY.to_image(np.ones(GEOMETRY.shape, np.uint8))
    image.SetMetaData("Segment0_Name", "LAD")
    image.SetMetaData("Segment0_LabelValue", "one")
    sitk.WriteImage(image, str(tmp_path / "a.seg.nrrd"))
    with pytest.raises(CACError, match=r"a\.seg\.nrrd .*no number"):
        read_label_map(tmp_path / "a.seg.nrrd", GEOMETRY)


@pytest.mark.parametrize(
    ("kind", "coded"), [("cac", "Pathologic calcification"), ("car", "Anatomical Structure")]
)
def test_slicer_reads_names_colours_and_terminology(tmp_path, labels, kind, coded):
    slicer = pytest.importorskip("slicer")
    vtk = pytest.importorskip("vtk")
    path = tmp_path / "a.seg.nrrd"
    write_label_map(path, labels, GEOMETRY, kind)
    scene = slicer.vtkMRMLScene()
    node = scene.AddNewNodeByClass("vtkMRMLSegmentationNode")
    storage = scene.AddNewNodeByClass("vtkMRMLSegmentationStorageNode")
    storage.SetFileName(str(path))
    assert storage.ReadData(node)
    segmentation = node.GetSegmentation()
    scheme = label_scheme()
    assert [segmentation.GetNthSegment(n).GetName() for n in range(5)] == list(scheme.names)
    for number, label in enumerate(scheme.labels):
        segment = segmentation.GetNthSegment(number)
        np.testing.assert_allclose(np.array(segment.GetColor()) * 255, label.colour, atol=0.01)
        entry = vtk.reference("")
        assert segment.GetTag("TerminologyEntry", entry)
        assert coded in str(entry)
        assert label.region.value in str(entry)
        image = slicer.vtkOrientedImageData()
        assert node.GetBinaryLabelmapRepresentation(label.name, image)
        # Each segment's voxels, at their place in the patient (RAS).
        assert _voxels_ras(image, vtk) == _expected_ras(labels == label.value)


def _voxels_ras(image, vtk):
    from vtk.util.numpy_support import vtk_to_numpy

    extent = image.GetExtent()
    shape = (extent[5] - extent[4] + 1, extent[3] - extent[2] + 1, extent[1] - extent[0] + 1)
    kji = np.argwhere(vtk_to_numpy(image.GetPointData().GetScalars()).reshape(shape))
    matrix = vtk.vtkMatrix4x4()
    image.GetImageToWorldMatrix(matrix)
    to_ras = np.array([[matrix.GetElement(r, c) for c in range(4)] for r in range(4)])
    ijk = kji[:, ::-1] + np.array(extent[::2])
    return {tuple(row) for row in np.round(ijk @ to_ras[:3, :3].T + to_ras[:3, 3], 3).tolist()}


def _expected_ras(mask):
    return {tuple(row) for row in np.round(GEOMETRY.ras_of(np.argwhere(mask)[:, ::-1]), 3).tolist()}
