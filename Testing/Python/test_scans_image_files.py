"""Volumes in one file: NRRD, NIfTI, MetaImage; good ones, and those that are refused."""

from __future__ import annotations

import gzip
import re
import time
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk
from CACScoringLib.errors import CACError
from CACScoringLib.geometry import VolumeGeometry
from CACScoringLib.scans.ct_scan import Acquisition
from CACScoringLib.scans.reader import read_scan
from CACScoringLib.scans.sources import scan_sources
from dicom_samples import sample_geometry, sample_hu

HU = sample_hu()
GEOMETRY = sample_geometry(HU)
SUFFIXES = (".nrrd", ".nhdr", ".nii", ".nii.gz", ".mha", ".mhd")


def write(path: Path, values: np.ndarray = HU, geometry: VolumeGeometry = GEOMETRY, compress=False) -> Path:
    sitk.WriteImage(geometry.to_image(values), str(path), compress)
    return path


def refusal(path: Path) -> str:
    """Message of the error that reading a path ends in."""
    with pytest.raises(CACError) as caught:
        read_scan(path)
    message = str(caught.value)
    assert path.name in message, "the file is named"
    assert "\n" not in message
    return message


def nrrd(path: Path, header: str, data: bytes = b"") -> Path:
    path.write_bytes(f"NRRD0004\n{header}\n\n".encode() + data)
    return path


@pytest.mark.parametrize("compress", [False, True])
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_each_format_gives_the_same_scan(tmp_path, suffix, compress):
    scan = read_scan(write(tmp_path / f"CT of säure 心{suffix}", compress=compress))
    assert np.array_equal(scan.values, HU)
    assert scan.values.dtype == np.int16
    assert GEOMETRY.difference(scan.geometry) is None
    assert scan.acquisition == Acquisition()
    assert scan.padding is None


def packed_part(path: Path) -> tuple[Path, int]:
    """File that holds the compressed voxels of a volume, and where they begin in it."""
    for beside in (path.with_suffix(".zraw"), path.with_suffix(".raw.gz")):
        if beside.exists():
            return beside, 0
    data = path.read_bytes()
    ends = {".mha": b"LOCAL\n", ".nrrd": b"\n\n"}
    return path, data.index(ends[path.suffix]) + len(ends[path.suffix])


@pytest.mark.parametrize("suffix", [".nrrd", ".nhdr", ".mha", ".mhd"])
def test_flipped_bits_of_compressed_voxels_are_refused(tmp_path, suffix):
    path = write(tmp_path / f"ct{suffix}", compress=True)
    file, start = packed_part(path)
    whole = file.read_bytes()
    random = np.random.default_rng(0)
    # The ten bytes of a gzip header hold a time and the like, which may be anything.
    for place in random.integers(start + 10, len(whole), 40):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << int(random.integers(8))
        file.write_bytes(damaged)
        assert "damaged" in refusal(path), place
    file.write_bytes(whole)
    assert np.array_equal(read_scan(path).values, HU)


@pytest.mark.parametrize("suffix", [".nrrd", ".nhdr", ".mha", ".mhd"])
def test_compressed_voxels_cut_short_and_bytes_behind_them(tmp_path, suffix):
    path = write(tmp_path / f"ct{suffix}", compress=True)
    file, _ = packed_part(path)
    whole = file.read_bytes()
    for missing in (1, 4, 8, 500):
        file.write_bytes(whole[:-missing])
        assert path.name in refusal(path)
    file.write_bytes(whole + b"junk")
    assert np.array_equal(read_scan(path).values, HU)


@pytest.mark.parametrize("slices", [5, 7])
@pytest.mark.parametrize("suffix", [".nrrd", ".mha"])
def test_compressed_voxels_of_another_number_than_stated(tmp_path, suffix, slices):
    path = write(tmp_path / f"ct{suffix}", compress=True)
    data = path.read_bytes()
    stated = " ".join(map(str, HU.shape[::-1])).encode()
    assert data.count(stated) == 1
    path.write_bytes(data.replace(stated, stated[:-1] + b"%d" % slices))
    assert "damaged" in refusal(path)


def test_compressed_metaimage_without_the_size_of_its_voxels(tmp_path):
    """MetaIO unpacks such a file from its first byte on and makes voxels of what comes out."""
    path = write(tmp_path / "ct.mha", compress=True)
    path.write_bytes(re.sub(rb"CompressedDataSize = \d+\n", b"", path.read_bytes()))
    assert "does not state the size of its compressed voxels" in refusal(path)


def test_compressed_metaimage_with_an_impossible_size_of_its_voxels(tmp_path):
    path = write(tmp_path / "ct.mhd", compress=True)
    for size in (b"-5", b"7", b"9999999", b"many"):
        path.write_bytes(
            re.sub(rb"CompressedDataSize = .+\n", b"CompressedDataSize = " + size + b"\n", path.read_bytes())
        )
        assert path.name in refusal(path)


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_other_ways_to_compress_a_nrrd(tmp_path, newline):
    raw = HU.astype("<i2").tobytes()
    members = gzip.compress(raw[:1000]) + gzip.compress(raw[1000:])
    sizes = " ".join(map(str, HU.shape[::-1]))
    header = (
        f"type: short\ndimension: 3\nspace: left-posterior-superior\nsizes: {sizes}\nendian: little\n"
        "space directions: (0.5,0,0) (0,0.5,0) (0,0,3)\nspace origin: (0,0,0)\nencoding: gz"
    ).replace("\n", newline)
    for extra, data in (
        ("", members),
        ("line skip: 2", b"one\ntwo\n" + members),
        ("byte skip: 7", gzip.compress(b"another" + raw)),
        ("byte skip: -1", gzip.compress(b"another" + raw)),
    ):
        path = tmp_path / "ct.nrrd"
        lines = ["NRRD0004", header, *([extra] if extra else []), "", ""]
        path.write_bytes(newline.join(lines).encode() + data)
        assert np.array_equal(read_scan(path).values, HU), extra
        path.write_bytes(path.read_bytes()[:-8] + bytes(8))
        assert "ct.nrrd" in refusal(path)


@pytest.mark.parametrize("name", ["SCAN.NRRD", "scan.NII.GZ", "Scan.MhA"])
def test_suffixes_in_capitals(tmp_path, name):
    small = write(tmp_path / ("scan" + "".join(Path(name.lower()).suffixes)))
    small.rename(tmp_path / name)
    assert np.array_equal(read_scan(tmp_path / name).values, HU)


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.uint16, np.int32, np.int64, np.float32, np.float64])
def test_whole_numbers_are_int16_whatever_they_were(tmp_path, dtype):
    values = np.clip(HU, *(0, 100) if dtype in (np.uint8, np.int8) else (0, 3000)).astype(dtype)
    scan = read_scan(write(tmp_path / "ct.nrrd", values))
    assert scan.values.dtype == np.int16
    assert np.array_equal(scan.values, values)


def test_fractions_stay(tmp_path):
    values = HU + np.float32(0.25)
    scan = read_scan(write(tmp_path / "ct.nii.gz", values))
    assert scan.values.dtype == np.float32
    assert np.array_equal(scan.values, values)


def test_nifti_slope_and_intercept(tmp_path):
    image = nib.Nifti1Image((HU.T + 1024).astype(np.int16), np.diag([0.7, 0.5, 3, 1]))
    image.header.set_slope_inter(1, -1024)
    nib.save(image, tmp_path / "ct.nii")
    assert np.array_equal(read_scan(tmp_path / "ct.nii").values, HU)


@pytest.mark.parametrize("value", [-2000, -3024])
def test_padding(tmp_path, value):
    values = HU.copy()
    values[:, :2] = value
    scan = read_scan(write(tmp_path / "ct.nrrd", values))
    assert np.array_equal(scan.padding, values == value)
    assert scan.hu.min() == -1000


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e30, -1e300])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_voxels_that_hold_no_number_are_air(tmp_path, bad, dtype):
    values = HU.astype(dtype)
    with np.errstate(over="ignore"):
        values[0, 0, :5] = bad
    scan = read_scan(write(tmp_path / "ct.nrrd", values))
    assert scan.padding.sum() == 5
    assert np.all(scan.hu[0, 0, :5] == -1000)
    assert np.array_equal(scan.hu[1:], HU[1:])
    assert "invalid" in [warning.code for warning in scan.warnings]


@pytest.mark.parametrize("suffix", [".nrrd", ".nii.gz", ".mha"])
@pytest.mark.parametrize("order", [(2, 1, 0), (0, 2, 1), (1, 0, 2)])
def test_sagittal_and_coronal_files_are_turned_to_axial(tmp_path, order, suffix):
    axial = GEOMETRY.to_image(HU)
    scan = read_scan(write_image(sitk.PermuteAxes(axial, order), tmp_path / f"ct{suffix}"))
    if order[2] == 2:
        assert scan.reading_warnings == ()
    else:
        (warning,) = scan.reading_warnings
        assert warning.code == "orientation"
        assert "label maps and other volumes that are written lie on this turned grid" in warning.message
    assert abs(np.reshape(scan.geometry.direction, (3, 3))[2, 2]) == pytest.approx(1)
    for ijk in ((0, 0, 0), (5, 7, 2), (31, 23, 5)):
        i, j, k = np.rint(scan.geometry.ijk_of_lps(GEOMETRY.lps_of(ijk))).astype(int)
        assert scan.values[k, j, i] == HU[ijk[2], ijk[1], ijk[0]]


def write_image(image: sitk.Image, path: Path) -> Path:
    sitk.WriteImage(image, str(path))
    return path


def test_a_folder_offers_volumes_that_may_be_ct(tmp_path):
    write(tmp_path / "ct.nrrd")
    write(tmp_path / "ct-label.nrrd")
    write(tmp_path / "ct.seg.nrrd", np.zeros_like(HU, np.uint8))
    write(tmp_path / "cac.nrrd", np.zeros_like(HU, np.uint8))
    write(tmp_path / "other.mhd")
    with scan_sources(tmp_path) as sources:
        assert [source.name for source in sources] == ["ct.nrrd", "other.mhd"]


class TestRefused:
    def test_four_dimensions(self, tmp_path):
        nib.save(nib.Nifti1Image(np.zeros((8, 8, 6, 4), np.int16), np.eye(4)), tmp_path / "ct.nii.gz")
        assert "has 4 dimensions" in refusal(tmp_path / "ct.nii.gz")

    def test_two_dimensions(self, tmp_path):
        path = write_image(sitk.GetImageFromArray(HU[0]), tmp_path / "ct.nrrd")
        assert "has 2 dimensions" in refusal(path)

    def test_colours(self, tmp_path):
        colours = sitk.GetImageFromArray(np.zeros((6, 8, 8, 3), np.uint8), isVector=True)
        assert "colours" in refusal(write_image(colours, tmp_path / "ct.nrrd"))

    def test_complex_numbers(self, tmp_path):
        nib.save(nib.Nifti1Image(np.zeros((8, 8, 6), np.complex64), np.eye(4)), tmp_path / "ct.nii")
        assert "colours or vectors" in refusal(tmp_path / "ct.nii")

    @pytest.mark.parametrize("slices", [1, 2])
    def test_too_few_slices(self, tmp_path, slices):
        path = write(tmp_path / "ct.nrrd", HU[:slices], sample_geometry(HU[:slices]))
        assert "at least 3 slices" in refusal(path)

    def test_too_few_rows(self, tmp_path):
        image = GEOMETRY.to_image(HU)[:, 3:4, :]
        path = write_image(image, tmp_path / "ct.nrrd")
        assert "32 x 1 x 6 voxels; at least 3 rows and columns are" in refusal(path)

    def test_too_few_columns_of_a_file_of_sagittal_slices(self, tmp_path):
        image = sitk.PermuteAxes(GEOMETRY.to_image(HU)[:2], (1, 2, 0))
        path = write_image(image, tmp_path / "ct.nrrd")
        assert "24 x 6 x 2 voxels; at least 3 rows and columns are" in refusal(path)
        path = write_image(sitk.PermuteAxes(GEOMETRY.to_image(HU)[..., :2], (1, 2, 0)), tmp_path / "ct.nrrd")
        assert "24 x 2 x 32 voxels; at least 3 slices are" in refusal(path)

    @pytest.mark.parametrize("suffix", SUFFIXES)
    @pytest.mark.parametrize("content", [b"", b"\0" * 400, b"NRRD", b"ObjectType = Image\n", b"\x1f\x8b\x08"])
    def test_not_what_the_name_says(self, tmp_path, suffix, content):
        path = tmp_path / f"ct{suffix}"
        path.write_bytes(content)
        refusal(path)

    def test_a_picture_named_nifti(self, tmp_path):
        picture = write_image(sitk.GetImageFromArray(np.zeros((9, 9), np.uint8)), tmp_path / "picture.png")
        picture.rename(tmp_path / "ct.nii")
        refusal(tmp_path / "ct.nii")

    @pytest.mark.parametrize("compress", [False, True])
    @pytest.mark.parametrize("suffix", SUFFIXES)
    def test_cut_short(self, tmp_path, suffix, compress):
        path = write(tmp_path / f"ct{suffix}", compress=compress)
        data = max(tmp_path.iterdir(), key=lambda file: file.stat().st_size)
        data.write_bytes(data.read_bytes()[: data.stat().st_size * 2 // 3])
        refusal(path)

    @pytest.mark.parametrize("sizes", ["0 8 6", "8 8 0"])
    def test_nrrd_of_no_size(self, tmp_path, sizes):
        refusal(nrrd(tmp_path / "ct.nrrd", f"type: short\ndimension: 3\nsizes: {sizes}\nencoding: raw"))

    @pytest.mark.parametrize("count", [10**4, 10**9, 2**31, 2**63, 10**30])
    @pytest.mark.parametrize("encoding", ["raw", "gzip", "ascii"])
    def test_nrrd_of_absurd_size(self, tmp_path, count, encoding):
        header = (
            f"type: short\ndimension: 3\nsizes: {count} {count} {count}\nendian: little\nencoding: {encoding}"
        )
        began = time.monotonic()
        refusal(nrrd(tmp_path / "ct.nrrd", header, bytes(100)))
        assert time.monotonic() - began < 1

    def test_nifti_of_absurd_size(self, tmp_path):
        path = write(tmp_path / "ct.nii")
        data = bytearray(path.read_bytes())
        data[42:48] = (32767).to_bytes(2, "little") * 3
        path.write_bytes(data)
        refusal(path)
        packed = tmp_path / "ct.nii.gz"
        packed.write_bytes(gzip.compress(bytes(data)))
        refusal(packed)

    def test_metaimage_of_absurd_size(self, tmp_path):
        path = write(tmp_path / "ct.mha")
        path.write_bytes(path.read_bytes().replace(b"DimSize = 32 24 6", b"DimSize = 99999 99999 99999"))
        refusal(path)

    @pytest.mark.parametrize("count", ["-1", "0", "50", "9" * 5000, "abc", ""])
    def test_metaimage_of_impossible_dimensions(self, tmp_path, count):
        """ITK crashes on some of them."""
        path = write(tmp_path / "ct.mha")
        path.write_bytes(path.read_bytes().replace(b"NDims = 3", f"NDims = {count}".encode()))
        assert "impossible number of dimensions" in refusal(path)

    @pytest.mark.parametrize("spacing", ["0 0.5 3", "nan 0.5 3", "1e-9 0.5 3", "1e9 0.5 3", "inf 0.5 3"])
    def test_impossible_spacing(self, tmp_path, spacing):
        path = write(tmp_path / "ct.mha")
        data = path.read_bytes()
        start = data.index(b"ElementSpacing")
        end = data.index(b"\n", start)
        path.write_bytes(data[:start] + f"ElementSpacing = {spacing}".encode() + data[end:])
        refusal(path)

    def test_sheared_axes(self, tmp_path):
        axes = "(1,0,0) (0.5,1,0) (0,0,1)"
        header = (
            f"type: short\ndimension: 3\nspace: LPS\nsizes: 4 4 4\nspace directions: {axes}\nendian: little"
        )
        message = refusal(nrrd(tmp_path / "ct.nrrd", f"{header}\nencoding: raw", bytes(128)))
        assert "right angles" in message or "cannot be read" in message

    @pytest.mark.parametrize("target", ["/etc/passwd", "../secret.raw", "/dev/zero", "a/../../b"])
    def test_header_that_points_out_of_its_folder(self, tmp_path, target):
        (tmp_path / "secret.raw").write_bytes(bytes(10_000))
        folder = tmp_path / "scan"
        folder.mkdir()
        header = f"type: uchar\ndimension: 3\nsizes: 4 4 4\nencoding: raw\ndata file: {target}"
        assert "outside its own folder" in refusal(nrrd(folder / "ct.nhdr", header))
        meta = "ObjectType = Image\nNDims = 3\nDimSize = 4 4 4\nElementType = MET_UCHAR\nElementDataFile = "
        (folder / "ct.mhd").write_text(f"{meta}{target}\n")
        assert "outside its own folder" in refusal(folder / "ct.mhd")

    @pytest.mark.parametrize("suffix", [".nhdr", ".mhd"])
    def test_voxels_that_are_not_there(self, tmp_path, suffix):
        path = write(tmp_path / f"ct{suffix}")
        (tmp_path / "ct.raw").unlink()
        assert "points to ct.raw, which is not there" in refusal(path)

    def test_voxels_in_several_files(self, tmp_path):
        header = "type: uchar\ndimension: 3\nsizes: 4 4 4\nencoding: raw\ndata file: slice%02d.raw 1 4 1"
        assert "several files" in refusal(nrrd(tmp_path / "ct.nhdr", header))

    def test_libraries_say_nothing(self, tmp_path, capfd):
        for suffix in SUFFIXES:
            path = write(tmp_path / f"ct{suffix}")
            path.write_bytes(path.read_bytes()[:200])
            refusal(path)
        output = capfd.readouterr()
        assert output.out == ""
        assert output.err == ""
