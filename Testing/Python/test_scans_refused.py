"""DICOM series that make no volume, or one only with ``--allow-gaps``."""

from __future__ import annotations

import numpy as np
import pytest
from CACScoringLib.scans.reader import read_scan
from dicom_samples import (
    ct_series,
    enhanced,
    refusal,
    refusal_of,
    sample_geometry,
    sample_hu,
    store_hu,
    write_series,
)
from pydicom.uid import (
    MRImageStorage,
)

HU = sample_hu()
GEOMETRY = sample_geometry(HU)


class TestSeries:
    @pytest.mark.parametrize(("count", "words"), [(1, "1 slice,"), (2, "2 slices,")])
    def test_too_few_slices(self, tmp_path, count, words):
        assert words in refusal_of(tmp_path, ct_series()[:count])

    def test_not_ct(self, tmp_path):
        def magnetic(dataset):
            dataset.Modality, dataset.SOPClassUID = "MR", MRImageStorage

        assert "not CT (modality MR)" in refusal_of(tmp_path, ct_series(change=magnetic))

    def test_gap(self, tmp_path):
        datasets = ct_series(HU, GEOMETRY)
        del datasets[3]
        write_series(datasets, tmp_path)
        message = refusal(tmp_path)
        assert "a gap after slice 3 of 5: 6.00 mm to the next, 3.00 mm elsewhere" in message
        assert "--allow-gaps" in message
        scan = read_scan(tmp_path, allow_gaps=True)
        assert scan.values.shape == HU.shape
        assert np.array_equal(np.delete(scan.values, 3, axis=0), np.delete(HU, 3, axis=0))
        assert scan.padding[3].all()
        assert not np.delete(scan.padding, 3, axis=0).any()
        assert np.all(scan.hu[3] == -1000)
        assert [warning.code for warning in scan.reading_warnings] == ["gaps"]
        assert "1 missing slices" in scan.reading_warnings[0].message

    @pytest.mark.parametrize("kept", [(0, 1, 3), (0, 2, 3)])
    def test_gap_in_three_slices(self, tmp_path, kept):
        write_series([ct_series(HU, GEOMETRY)[index] for index in kept], tmp_path)
        assert "a gap after slice" in refusal(tmp_path)
        scan = read_scan(tmp_path, allow_gaps=True)
        assert np.array_equal(scan.values[list(kept)], HU[list(kept)])

    def test_mostly_gaps(self, tmp_path):
        hu = sample_hu(60, 4, 4)
        datasets = ct_series(hu, sample_geometry(hu))
        write_series([datasets[index] for index in (0, 1, 2, 50)], tmp_path)
        assert "slices are missing" in refusal(tmp_path, allow_gaps=True)

    def test_duplicate_positions(self, tmp_path):
        datasets = ct_series(HU, GEOMETRY)
        twins = ct_series(HU[::-1].copy(), GEOMETRY)
        for dataset in twins:
            dataset.SeriesInstanceUID = datasets[0].SeriesInstanceUID
            dataset.StudyInstanceUID = datasets[0].StudyInstanceUID
            dataset.InstanceNumber += 100
        write_series(datasets + twins, tmp_path)
        message = refusal(tmp_path)
        assert "000.dcm and 006.dcm lie at the same position" in message
        assert "--allow-gaps" in message
        scan = read_scan(tmp_path, allow_gaps=True)
        assert np.array_equal(scan.values, HU), "the first by instance number is kept"
        assert scan.padding is None
        assert "6 duplicates" in scan.reading_warnings[0].message

    def test_gap_and_duplicate(self, tmp_path):
        datasets = ct_series(HU, GEOMETRY)
        write_series([*datasets[:2], datasets[1], *datasets[3:]], tmp_path)
        scan = read_scan(tmp_path, allow_gaps=True)
        assert scan.padding[2].all()
        assert "1 missing slices were filled with padding, 1 duplicates" in scan.reading_warnings[0].message

    def test_all_slices_at_one_position(self, tmp_path):
        def same(dataset):
            dataset.ImagePositionPatient = [0, 0, 0]

        datasets = ct_series(change=same)
        assert "same position" in refusal_of(tmp_path, datasets)
        assert "1 positions" in refusal(tmp_path, allow_gaps=True)

    def test_uneven_steps(self, tmp_path):
        datasets = ct_series(HU, GEOMETRY)
        datasets[2].ImagePositionPatient[2] += 1
        write_series(datasets, tmp_path)
        assert "a gap after slice 2 of 6: 4.00 mm" in refusal(tmp_path)

    def test_rounded_positions_are_even_enough(self, tmp_path):
        def rounded(dataset):
            dataset.ImagePositionPatient[2] = round(float(dataset.ImagePositionPatient[2]), 1)

        geometry = sample_geometry(HU, (0.7, 0.5, 2.53))
        write_series(ct_series(HU, geometry, change=rounded), tmp_path)
        assert read_scan(tmp_path).geometry.increment_mm == pytest.approx(2.53, abs=0.03)

    def test_gantry_tilt_by_its_element(self, tmp_path):
        def tilt(dataset):
            dataset.GantryDetectorTilt = "-15"

        assert "tilted by 15.0 degrees" in refusal_of(tmp_path, ct_series(change=tilt))

    def test_gantry_tilt_by_positions(self, tmp_path):
        datasets = ct_series(HU, GEOMETRY)
        for index, dataset in enumerate(datasets):
            dataset.ImagePositionPatient[1] += index * 3 * np.tan(np.radians(12))
        assert "tilted by 12.0 degrees" in refusal_of(tmp_path, datasets)

    def test_a_table_that_is_slightly_askew_is_no_tilt(self, tmp_path):
        hu = sample_hu(80, 4, 4)
        datasets = ct_series(hu, sample_geometry(hu))
        for index, dataset in enumerate(datasets):
            dataset.ImagePositionPatient[0] += index * 3 * np.tan(np.radians(0.4))
        write_series(datasets, tmp_path)
        assert np.array_equal(read_scan(tmp_path).values, hu)

    def test_one_slice_beside_the_others(self, tmp_path):
        datasets = ct_series(HU, GEOMETRY)
        datasets[3].ImagePositionPatient[0] += 20
        assert "003.dcm lies 20.0 mm beside the others" in refusal_of(tmp_path, datasets)

    def test_mixed_orientations(self, tmp_path):
        datasets = ct_series()
        datasets[3].ImageOrientationPatient = [0, 1, 0, -1, 0, 0]
        assert "mixed orientations: 003.dcm and 000.dcm" in refusal_of(tmp_path, datasets)

    def test_mixed_sizes(self, tmp_path):
        datasets = ct_series()
        store_hu(datasets[3], HU[3, :20])
        datasets[3].Rows = 20
        assert "mixed sizes: 003.dcm is 32 x 20, 000.dcm 32 x 24" in refusal_of(tmp_path, datasets)

    def test_mixed_spacings(self, tmp_path):
        datasets = ct_series()
        datasets[3].PixelSpacing = [0.5, 0.71]
        assert "mixed pixel spacings: 003.dcm" in refusal_of(tmp_path, datasets)

    @pytest.mark.parametrize("keyword", ["ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing"])
    def test_missing_place(self, tmp_path, keyword):
        datasets = ct_series()
        del datasets[3][keyword]
        assert "003.dcm does not state position, orientation and pixel spacing" in refusal_of(
            tmp_path, datasets
        )

    @pytest.mark.parametrize(
        ("keyword", "value", "words"),
        [
            ("PixelSpacing", [0, 0.7], "spacing of 0 mm"),
            ("PixelSpacing", [0.5, -0.7], "spacing of -0.7 mm"),
            ("PixelSpacing", ["1e-30", "0.7"], "spacing of 1e-30 mm"),
            ("PixelSpacing", ["1e300", "0.7"], "spacing of 1e+300 mm"),
            ("PixelSpacing", [0.5], "does not state"),
            ("ImagePositionPatient", ["1e300", 0, 0], "position 1e+300 mm away"),
            ("ImageOrientationPatient", [1, 0, 0, 1, 0, 0], "not at right angles"),
            ("ImageOrientationPatient", [0, 0, 0, 0, 0, 0], "not at right angles"),
            ("ImageOrientationPatient", [9, 0, 0, 0, 9, 0], "not at right angles"),
        ],
    )
    @pytest.mark.filterwarnings("error")
    def test_impossible_place(self, tmp_path, keyword, value, words):
        def change(dataset):
            setattr(dataset, keyword, value)

        assert words in refusal_of(tmp_path, ct_series(change=change))

    def test_colours(self, tmp_path):
        def paint(dataset):
            dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 3, "RGB"
            dataset.PlanarConfiguration = 0
            dataset.PixelData = dataset.PixelData * 3

        assert "000.dcm holds colours, not HU" in refusal_of(tmp_path, ct_series(change=paint))

    def test_multi_frame_file_that_places_no_frames(self, tmp_path):
        whole = enhanced(ct_series())
        del whole.PerFrameFunctionalGroupsSequence
        assert "does not state position" in refusal_of(tmp_path, [whole])

    def test_multi_frame_file_with_too_few_groups(self, tmp_path):
        whole = enhanced(ct_series())
        whole.PerFrameFunctionalGroupsSequence.pop()
        assert "000.dcm is damaged" in refusal_of(tmp_path, [whole])
