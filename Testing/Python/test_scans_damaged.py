"""Damaged DICOM files: each is refused, and named."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from CACScoringLib.scans.reader import read_scan
from dicom_samples import (
    COMPRESSED,
    compress,
    ct_series,
    enhanced,
    refusal,
    refusal_of,
    sample_geometry,
    sample_hu,
    write_series,
)
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLosslessSV1,
    RLELossless,
)

HU = sample_hu()
GEOMETRY = sample_geometry(HU)


class TestDamage:
    """One slice of a series is damaged; the message names it."""

    @pytest.fixture
    def paths(self, tmp_path):
        return write_series(ct_series(HU, GEOMETRY), tmp_path)

    @pytest.mark.parametrize("keep", [0, 1, 131, 132, 140, 200, 400, 700, 1100, -1, -700])
    def test_cut_short(self, paths, keep):
        paths[-1].write_bytes(paths[-1].read_bytes()[:keep])
        assert "005.dcm" in refusal(paths[0].parent), "not even the last slice goes missing unnoticed"

    @pytest.mark.parametrize("name", COMPRESSED)
    @pytest.mark.parametrize("missing", [9, 100, 600])
    def test_compressed_and_cut_short(self, tmp_path, name, missing):
        if name == "JPEG-LS":
            pytest.importorskip("jpeg_ls")
        paths = write_series([compress(dataset, COMPRESSED[name]) for dataset in ct_series()], tmp_path)
        paths[-1].write_bytes(paths[-1].read_bytes()[:-missing])
        assert "005.dcm" in refusal(tmp_path)

    def test_multi_frame_file_cut_short(self, tmp_path):
        (path,) = write_series([enhanced(ct_series())], tmp_path)
        path.write_bytes(path.read_bytes()[:-10])
        assert "000.dcm is cut short" in refusal(tmp_path)

    def test_filled_with_zeros_by_an_unfinished_copy(self, paths):
        data = paths[2].read_bytes()
        paths[2].write_bytes(data[:500] + bytes(20_000_000))
        assert "002.dcm" in refusal(paths[0].parent)

    @pytest.mark.parametrize("length", [10, 5000])
    def test_random_bytes_named_dicom(self, paths, length):
        paths[2].write_bytes(np.random.default_rng(0).bytes(length))
        assert "002.dcm is named like a DICOM file and is none" in refusal(paths[0].parent)

    def test_without_pixels(self, paths, tmp_path):
        datasets = ct_series()
        del datasets[1].PixelData
        assert "001.dcm is cut short: it holds no pixels" in refusal_of(tmp_path, datasets)

    @pytest.mark.parametrize("rows", [25, 65535])
    def test_more_rows_than_pixels(self, tmp_path, rows):
        datasets = ct_series()
        datasets[1].Rows = rows
        assert "001.dcm" in refusal_of(tmp_path, datasets)

    @pytest.mark.parametrize("syntax", [RLELossless, JPEG2000Lossless, JPEGLosslessSV1])
    @pytest.mark.parametrize("size", [(65535, 65535), (4096, 4096), (24, 33), (0, 32)])
    def test_compressed_slice_of_another_size_than_stated(self, tmp_path, syntax, size):
        def change(dataset):
            compress(dataset, syntax)
            dataset.Rows, dataset.Columns = size

        assert "000.dcm is damaged" in refusal_of(tmp_path, ct_series(change=change))

    @pytest.mark.parametrize("frames", [-1, 0, 10**6, 10**9])
    @pytest.mark.parametrize("syntax", [None, RLELossless])
    def test_impossible_number_of_frames(self, tmp_path, frames, syntax):
        datasets = ct_series()
        whole = enhanced([compress(each, syntax) for each in datasets] if syntax else datasets)
        whole.NumberOfFrames = frames
        assert "000.dcm" in refusal_of(tmp_path, [whole])

    @pytest.mark.parametrize(
        "tag",
        [(0x28, 0x1053), (0x28, 0x1052), (0x18, 0x50), (0x18, 0x60), (0x28, 0x30), (0x18, 0x1120)],
        ids=["slope", "intercept", "thickness", "kvp", "spacing", "tilt"],
    )
    def test_numbers_that_are_none(self, paths, tag):
        data = paths[2].read_bytes()
        start = data.index(struct.pack("<HH2s", *tag, b"DS"))
        (length,) = struct.unpack_from("<H", data, start + 6)
        paths[2].write_bytes(data[: start + 8] + b"abcdefghijklmnop"[:length] + data[start + 8 + length :])
        assert "002.dcm is damaged" in refusal(paths[0].parent)

    def test_slope_of_zero(self, tmp_path):
        datasets = ct_series()
        datasets[1].RescaleSlope = "0"
        assert "001.dcm is damaged" in refusal_of(tmp_path, datasets)

    @pytest.mark.parametrize("keyword", ["RescaleSlope", "RescaleIntercept"])
    @pytest.mark.parametrize("value", ["nan", "inf", "-inf", "1e400"])
    @pytest.mark.parametrize("frames", ["single", "enhanced"])
    @pytest.mark.filterwarnings("ignore:Invalid value for VR DS")
    def test_rescale_that_is_not_finite(self, tmp_path, keyword, value, frames):
        """Taken as missing, it would make other HU of the slice."""
        datasets = ct_series()
        datasets[1][keyword].value = value
        if frames == "enhanced":
            assert "000.dcm is damaged" in refusal_of(tmp_path, [enhanced(datasets)])
        else:
            assert "001.dcm is damaged" in refusal_of(tmp_path, datasets)

    @pytest.mark.parametrize("empty", [True, False])
    def test_rescale_that_is_not_there(self, tmp_path, empty):
        def change(dataset):
            if empty:
                dataset.RescaleSlope = dataset.RescaleIntercept = None
            else:
                del dataset.RescaleSlope, dataset.RescaleIntercept

        write_series(ct_series(HU, GEOMETRY, change=change), tmp_path)
        assert np.array_equal(read_scan(tmp_path).values, HU + 1024)

    def test_element_that_claims_gigabytes(self, paths):
        data = bytearray(paths[2].read_bytes())
        start = data.index(struct.pack("<HH2s", 0x8, 0x1030, b"LO"))
        data[start + 4 : start + 12] = b"UN\0\0" + struct.pack("<I", 0xFFFFFFF0)
        paths[2].write_bytes(data)
        assert "002.dcm" in refusal(paths[0].parent)

    @pytest.mark.parametrize("stated", [True, False])
    def test_sequences_nested_without_end(self, paths, stated):
        """GDCM overflows its stack on them."""
        head, item = struct.pack("<HH2sH", 8, 0x1140, b"SQ", 0), struct.pack("<HH", 0xFFFE, 0xE000)
        unstated, depth = 0xFFFFFFFF, 20_000
        nested = b"".join(
            head
            + struct.pack("<I", 20 * level + 8 if stated else unstated)
            + item
            + struct.pack("<I", 20 * level if stated else unstated)
            for level in reversed(range(depth))
        )
        data = paths[2].read_bytes()
        start = data.index(struct.pack("<HH2s", 0x10, 0x10, b"PN"))
        paths[2].write_bytes(data[:start] + nested + data[start:])
        if stated:
            assert np.array_equal(read_scan(paths[0].parent).values, HU), "a sequence that nobody needs"
        else:
            assert "002.dcm is damaged" in refusal(paths[0].parent)

    def test_deflated_bomb(self, paths, monkeypatch):
        monkeypatch.setattr("CACScoringLib.scans.dicom_file._MOST_INFLATED_BYTES", 1 << 20)

        def change(dataset):
            dataset.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
            dataset.add_new(0x00091001, "UN", bytes(4 << 20))

        assert "000.dcm is damaged" in refusal_of(paths[0].parent, ct_series(change=change))

    @pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2.4.100", "1.2.3.4.5", "not a UID"])
    def test_transfer_syntax_that_is_none_for_slices(self, paths, syntax):
        data = paths[2].read_bytes()
        old = b"1.2.840.10008.1.2.1\0"
        at = data.index(b"UI\x14\0" + old)
        group = struct.unpack_from("<I", data, 140)[0]
        new = syntax.encode() + b"\0" * (len(syntax) % 2)
        data = data[:at] + b"UI" + struct.pack("<H", len(new)) + new + data[at + 4 + len(old) :]
        data = data[:140] + struct.pack("<I", group + len(new) - len(old)) + data[144:]
        paths[2].write_bytes(data)
        assert "002.dcm" in refusal(paths[0].parent)
