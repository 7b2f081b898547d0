"""The many ways to write one DICOM series: transfer syntaxes, multi-frame files."""

from __future__ import annotations

import numpy as np
import pytest
from CACScoringLib.scans.ct_scan import Acquisition
from CACScoringLib.scans.reader import read_scan
from dicom_samples import (
    COMPRESSED,
    big_endian,
    compress,
    ct_series,
    enhanced,
    legacy_converted,
    read_series,
    sample_geometry,
    sample_hu,
    store_hu,
    write_series,
)
from pydicom.encaps import encapsulate, generate_frames
from pydicom.uid import DeflatedExplicitVRLittleEndian, ImplicitVRLittleEndian, RLELossless

HU = sample_hu()
GEOMETRY = sample_geometry(HU)


class TestTransferSyntaxes:
    @pytest.mark.parametrize("name", COMPRESSED)
    def test_compressed_slices(self, tmp_path, name):
        if name == "JPEG-LS":
            pytest.importorskip("jpeg_ls")
        scan = read_series(
            tmp_path, [compress(dataset, COMPRESSED[name]) for dataset in ct_series(HU, GEOMETRY)]
        )
        assert np.array_equal(scan.values, HU)

    @pytest.mark.parametrize("name", COMPRESSED)
    def test_compressed_unsigned_12_bit_slices(self, tmp_path, name):
        if name == "JPEG-LS":
            pytest.importorskip("jpeg_ls")
        datasets = ct_series(HU, GEOMETRY)
        for index, dataset in enumerate(datasets):
            store_hu(dataset, HU[index], signed=False, bits_stored=12)
            compress(dataset, COMPRESSED[name])
        assert np.array_equal(read_series(tmp_path, datasets).values, HU)

    def test_slices_in_several_fragments(self, tmp_path):
        datasets = [compress(dataset, RLELossless) for dataset in ct_series(HU, GEOMETRY)]
        for dataset in datasets:
            frame = next(generate_frames(dataset.PixelData, number_of_frames=1))
            dataset.PixelData = encapsulate([frame], fragments_per_frame=3)
        assert np.array_equal(read_series(tmp_path, datasets).values, HU)

    def test_big_endian(self, tmp_path):
        scan = read_series(tmp_path, [big_endian(dataset) for dataset in ct_series(HU, GEOMETRY)])
        assert np.array_equal(scan.values, HU)

    @pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, DeflatedExplicitVRLittleEndian])
    def test_other_ways_to_write_elements(self, tmp_path, syntax):
        def change(dataset):
            dataset.file_meta.TransferSyntaxUID = syntax
            dataset.set_original_encoding(syntax.is_implicit_VR, True)

        assert np.array_equal(read_series(tmp_path, ct_series(HU, GEOMETRY, change=change)).values, HU)

    def test_file_without_preamble(self, tmp_path):
        for path in write_series(ct_series(HU, GEOMETRY), tmp_path):
            path.write_bytes(path.read_bytes()[132:])
        assert np.array_equal(read_scan(tmp_path).values, HU)

    def test_file_without_preamble_and_file_meta(self, tmp_path):
        datasets = ct_series(HU, GEOMETRY)
        for dataset in datasets:
            del dataset.file_meta
        write_series(datasets, tmp_path, enforce_file_format=False, implicit_vr=True, little_endian=True)
        assert np.array_equal(read_scan(tmp_path).values, HU)


class TestMultiFrame:
    ORDER = (3, 1, 0, 2, 5, 4)

    def frames(self):
        """Slices with a rescale each."""
        datasets = ct_series(HU, GEOMETRY, Acquisition(kvp=100, slice_thickness_mm=2.5, kernel="Br40"))
        for index, dataset in enumerate(datasets):
            store_hu(dataset, HU[index], intercept=-1000 - 10 * index)
        return datasets

    def check(self, scan):
        assert np.array_equal(scan.values, HU)
        assert GEOMETRY.difference(scan.geometry) is None

    def test_native(self, tmp_path):
        scan = read_series(tmp_path, [enhanced(self.frames(), self.ORDER)])
        self.check(scan)
        assert scan.acquisition.kvp == 100
        assert scan.acquisition.slice_thickness_mm == 2.5
        assert scan.acquisition.kernel == "Br40"

    def test_named_as_a_file(self, tmp_path):
        (path,) = write_series([enhanced(self.frames())], tmp_path, ["export"])
        self.check(read_scan(path))

    @pytest.mark.parametrize("name", ["RLE", "JPEG lossless", "JPEG 2000"])
    def test_compressed(self, tmp_path, name):
        frames = [compress(dataset, COMPRESSED[name]) for dataset in self.frames()]
        self.check(read_series(tmp_path, [enhanced(frames, self.ORDER)]))

    def test_big_endian(self, tmp_path):
        self.check(read_series(tmp_path, [big_endian(enhanced(self.frames()))]))

    def test_a_file_for_each_slice(self, tmp_path):
        self.check(read_series(tmp_path, [enhanced([dataset]) for dataset in self.frames()]))

    def test_several_files(self, tmp_path):
        frames = self.frames()
        self.check(read_series(tmp_path, [enhanced(frames[3:]), enhanced(frames[:3])]))

    def test_legacy_converted(self, tmp_path):
        self.check(read_series(tmp_path, [legacy_converted(ct_series(HU, GEOMETRY))]))

    def test_padding_of_frames(self, tmp_path):
        frames = self.frames()
        for index, dataset in enumerate(frames):
            hu = HU[index].copy()
            hu[0, 0] = -1500 - 10 * index
            store_hu(dataset, hu, intercept=-1000 - 10 * index)
            dataset.add_new("PixelPaddingValue", "SS", -500)
        scan = read_series(tmp_path, [enhanced(frames)])
        assert np.array_equal(np.argwhere(scan.padding), [[index, 0, 0] for index in range(len(HU))])

    def test_compressed_without_offset_table(self, tmp_path):
        whole = enhanced([compress(dataset, RLELossless) for dataset in self.frames()])
        whole.PixelData = encapsulate(
            list(generate_frames(whole.PixelData, number_of_frames=len(HU))), has_bot=False
        )
        self.check(read_series(tmp_path, [whole]))
