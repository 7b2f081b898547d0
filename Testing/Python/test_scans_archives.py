"""Zip archives of DICOM files, harmless and not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from CACScoringLib.scans import archive
from CACScoringLib.scans.reader import read_scan
from dicom_samples import ct_series, refusal, sample_geometry, sample_hu, write_series, write_zip

HU = sample_hu()
GEOMETRY = sample_geometry(HU)


class TestArchives:
    @pytest.fixture
    def slices(self, tmp_path):
        return [path.read_bytes() for path in write_series(ct_series(HU, GEOMETRY), tmp_path / "slices")]

    def test_equal_names_in_sub_folders(self, tmp_path, slices):
        path = write_zip(
            tmp_path / "a.zip", [(f"s/{index}/I0.dcm", data) for index, data in enumerate(slices)]
        )
        assert np.array_equal(read_scan(path).values, HU)

    def test_equal_names_in_one_folder_are_refused(self, tmp_path, slices):
        with pytest.warns(UserWarning, match="Duplicate name"):
            path = write_zip(tmp_path / "a.zip", [("I0.dcm", data) for data in slices])
        assert "two files named I0.dcm" in refusal(path)

    def test_entries_that_climb_out_stay_inside(self, tmp_path, slices):
        folder = tmp_path / "deep" / "down"
        folder.mkdir(parents=True)
        entries = [(f"../../{index}.dcm", data) for index, data in enumerate(slices)]
        path = write_zip(folder / "a.zip", [*entries, ("/escaped.txt", b"x")])
        before = sorted(tmp_path.rglob("*"))
        assert np.array_equal(read_scan(path).values, HU)
        assert sorted(tmp_path.rglob("*")) == before
        assert not Path("/escaped.txt").exists()

    def test_nothing_is_left_behind(self, tmp_path, slices, monkeypatch):
        (tmp_path / "tmp").mkdir()
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
        path = write_zip(tmp_path / "a.zip", [(f"{index}", data) for index, data in enumerate(slices)])
        read_scan(path)
        truncated = path.with_name("b.zip")
        truncated.write_bytes(path.read_bytes()[:-30])
        refusal(truncated)
        assert list((tmp_path / "tmp").iterdir()) == []

    def test_encrypted(self, tmp_path, slices):
        path = write_zip(tmp_path / "a.zip", [("1.dcm", slices[0])])
        data = bytearray(path.read_bytes())
        for signature, offset in ((b"PK\1\2", 8), (b"PK\3\4", 6)):
            data[data.index(signature) + offset] |= 1
        path.write_bytes(data)
        assert "is encrypted" in refusal(path)

    @pytest.mark.parametrize("keep", [0, 3, 100, -1, -50])
    def test_truncated(self, tmp_path, slices, keep):
        path = write_zip(tmp_path / "a.zip", [("1.dcm", slices[0])])
        path.write_bytes(path.read_bytes()[:keep])
        assert "is a damaged zip archive" in refusal(path)

    def test_damaged_entry(self, tmp_path, slices):
        path = write_zip(tmp_path / "a.zip", [("1.dcm", slices[0])])
        data = bytearray(path.read_bytes())
        data[60:90] = bytes(30)
        path.write_bytes(data)
        assert "is a damaged zip archive" in refusal(path)

    def test_bomb(self, tmp_path):
        path = write_zip(tmp_path / "bomb.zip", [(str(index), bytes(1000)) for index in range(3)])
        data = path.read_bytes()
        # Each entry says that it unpacks to 4 GiB, in the directory that unpacking goes by.
        parts = data.split(b"PK\1\2")
        parts[1:] = [part[:20] + b"\xf0\xff\xff\xff" + part[24:] for part in parts[1:]]
        path.write_bytes(b"PK\1\2".join(parts))
        assert "unpacks to 12287 MiB in 3 files, which is too much" in refusal(path)

    def test_too_many_bytes(self, tmp_path, monkeypatch):
        monkeypatch.setattr(archive, "MOST_BYTES", 1000)
        assert "too much" in refusal(write_zip(tmp_path / "a.zip", [("zeros", bytes(1001))]))

    def test_too_many_files(self, tmp_path, monkeypatch):
        monkeypatch.setattr(archive, "MOST_FILES", 3)
        entries = [(str(index), b"") for index in range(4)]
        assert "4 files, which is too much" in refusal(write_zip(tmp_path / "a.zip", entries))

    def test_without_a_scan(self, tmp_path):
        assert "is no CT" in refusal(write_zip(tmp_path / "a.zip", [("readme.txt", b"nothing here")]))
