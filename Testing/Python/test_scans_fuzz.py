"""No input ends in a traceback: random bytes, truncations, flipped bits in every kind of file.

A file that is read although it was damaged is no failure: a flipped bit in a voxel is a voxel like any other.
"""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import SimpleITK as sitk
from CACScoringLib.errors import CACError
from CACScoringLib.scans.reader import read_scan
from dicom_samples import (
    COMPRESSED,
    PRIVATE,
    compress,
    ct_series,
    enhanced,
    sample_geometry,
    sample_hu,
    write_series,
    write_zip,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

HU = sample_hu(3, 16, 16)
SUFFIXES = (".nrrd", ".nii", ".nii.gz", ".mha", ".mhd", ".nhdr")

fuzzed = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

Damage = Callable[[bytes], bytes]


@st.composite
def damages(draw: st.DrawFn) -> Damage:
    """A way to damage a file; its header more often than the rest."""
    kind = draw(st.sampled_from(["cut", "flip", "overwrite", "insert", "remove"]))
    places = draw(st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=8))
    part = draw(st.sampled_from([1.0, 0.5, 0.2]))
    junk = draw(
        st.one_of(st.binary(min_size=1, max_size=8), st.sampled_from([b"\xff" * 4, b"\0" * 4, b"-1", b"nan"]))
    )
    bit = draw(st.integers(0, 7))

    def damage(data: bytes) -> bytes:
        changed = bytearray(data)
        for place in places:
            at = int(place * part * len(data))
            if kind == "cut":
                return data[:at]
            if kind == "flip":
                changed[at] ^= 1 << bit
            elif kind == "overwrite":
                changed[at : at + len(junk)] = junk
            elif kind == "insert":
                changed[at:at] = junk
            else:
                del changed[at : at + len(junk)]
        return bytes(changed)

    return damage


def read_anything(path: Path) -> None:
    """Read and check a scan, or fail with a sentence."""
    try:
        scan = read_scan(path)
    except CACError as error:
        message = str(error)
        assert message
        assert "\n" not in message
        assert not any(part in message.lower() for part in PRIVATE)
    else:
        assert scan.values.shape == scan.geometry.shape == scan.hu.shape
        assert len({warning.code for warning in scan.warnings}) == len(scan.warnings)


def dicom_series(folder: Path, kind: str) -> list[Path]:
    datasets = ct_series(HU, sample_geometry(HU))
    if kind in COMPRESSED:
        datasets = [compress(dataset, COMPRESSED[kind]) for dataset in datasets]
    elif kind == "enhanced":
        datasets = [enhanced(datasets)]
    elif kind == "enhanced RLE":
        datasets = [enhanced([compress(dataset, COMPRESSED["RLE"]) for dataset in datasets])]
    return write_series(datasets, folder)


@pytest.mark.parametrize("kind", ["native", "enhanced", "enhanced RLE", *COMPRESSED])
@pytest.mark.filterwarnings("error")
def test_damaged_dicom(tmp_path, kind):
    if kind == "JPEG-LS":
        pytest.importorskip("jpeg_ls")
    path = dicom_series(tmp_path, kind)[-1]
    whole = path.read_bytes()

    @fuzzed
    @given(damages())
    def fuzz(damage: Damage) -> None:
        path.write_bytes(damage(whole))
        read_anything(tmp_path)

    fuzz()


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.filterwarnings("error")
def test_damaged_volumes(tmp_path, suffix, compressed):
    path = tmp_path / f"ct{suffix}"
    sitk.WriteImage(sample_geometry(HU).to_image(HU), str(path), compressed)
    whole = path.read_bytes()
    packed = suffix == ".nii.gz" and compressed

    @fuzzed
    @given(damages())
    def fuzz(damage: Damage) -> None:
        # Damage below an intact checksum reaches the parser.
        path.write_bytes(gzip.compress(damage(gzip.decompress(whole)), 1) if packed else damage(whole))
        read_anything(path)

    fuzz()


def test_damaged_archives(tmp_path):
    slices = [path.read_bytes() for path in dicom_series(tmp_path / "slices", "native")]
    path = write_zip(tmp_path / "ct.zip", [(f"ct/{index}.dcm", data) for index, data in enumerate(slices)])
    whole = path.read_bytes()

    @fuzzed
    @given(damages())
    def fuzz(damage: Damage) -> None:
        path.write_bytes(damage(whole))
        read_anything(path)

    fuzz()


@pytest.mark.parametrize("name", ["slice.dcm", "slice", "ct.zip", *(f"ct{suffix}" for suffix in SUFFIXES)])
def test_random_bytes(tmp_path, name):
    starts = [
        b"",
        b"\0" * 128 + b"DICM",
        b"\x08\0\x05\0",
        b"NRRD0004\n",
        b"PK\3\4",
        b"\x5c\1\0\0",
        b"\x1f\x8b\x08",
    ]

    @fuzzed
    @given(st.sampled_from(starts), st.binary(max_size=400))
    def fuzz(start: bytes, content: bytes) -> None:
        shutil.rmtree(tmp_path)
        tmp_path.mkdir()
        (tmp_path / name).write_bytes(start + content)
        read_anything(tmp_path)
        read_anything(tmp_path / name)

    fuzz()
