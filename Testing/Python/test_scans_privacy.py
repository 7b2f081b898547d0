"""Names and identifiers of patients stay in the DICOM files; a pseudonym stands for them."""

from __future__ import annotations

import json
import logging
import os
import struct
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from CACScoringLib.commands.app import make_app
from CACScoringLib.errors import CACError
from CACScoringLib.scans.ct_scan import Acquisition
from CACScoringLib.scans.reader import read_scan
from dicom_samples import (
    PATIENT_ID,
    PATIENT_NAME,
    PRIVATE,
    JPEGLosslessSV1,
    RLELossless,
    compress,
    ct_series,
    enhanced,
    legacy_converted,
    write_series,
)
from typer.testing import CliRunner

CAC = [sys.executable, "-c", "from CACScoringLib.commands.app import main; main()"]


def gossip(dataset) -> None:
    """Repeat the patient's name and identifier wherever a technician may type."""
    dataset.SeriesDescription = "CaSc for WILHELMINA"
    dataset.ConvolutionKernel = PATIENT_ID
    dataset.ContrastBolusAgent = "Iomeprol, Quetzalcoatlus agreed"
    dataset.StudyDescription = dataset.ImageComments = dataset.ProtocolName = PATIENT_NAME
    dataset.PatientComments = dataset.OperatorsName = PATIENT_NAME


def check(text: str) -> None:
    assert not any(part in text.lower() for part in PRIVATE), text


def run(*arguments: object, code: int = 0, **environment: str) -> str:
    """Run ``cac`` as users do; everything that it prints."""
    result = subprocess.run(
        [*CAC, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONWARNINGS": "always", "COLUMNS": "300"} | environment,
    )
    assert result.returncode == code, result
    if code:
        assert len(result.stderr.strip().splitlines()) == 1, "one sentence"
        assert result.stderr.startswith("Error: ")
        assert result.stdout == ""
    return result.stdout + result.stderr


def with_name_for_kvp(data: bytes) -> bytes:
    """Put the name where a number is expected: pydicom quotes such values in its errors and warnings."""
    start = data.index(b"\x18\x00\x60\x00DS")
    (length,) = struct.unpack_from("<H", data, start + 6)
    return data[: start + 6] + struct.pack("<H", 10) + b"Wilhelmina" + data[start + 8 + length :]


def kinds(folder: Path) -> dict[str, Path]:
    """Write a study of each kind."""

    def slices(study: int):
        facts = Acquisition(slice_thickness_mm=3.0, study_uid=f"1.2.{study}")
        return ct_series(acquisition=facts, change=gossip)

    write_series(slices(1), folder / "plain")
    write_series([enhanced(slices(2))], folder / "enhanced")
    write_series([legacy_converted(slices(3))], folder / "legacy")
    write_series([compress(dataset, RLELossless) for dataset in slices(4)], folder / "rle")
    return {path.name: path for path in sorted(folder.iterdir())}


def test_commands_print_no_names(tmp_path):
    paths = kinds(tmp_path)
    scored = run("score", paths["plain"], "--json")
    for output in (run("info", tmp_path), run("info", tmp_path, "--json"), scored, run("score", tmp_path)):
        check(output)
    assert json.loads(scored)["scan"]["contrast_agent"] == "an agent"
    assert json.loads(scored)["scan"]["kernel"] is None


@pytest.mark.parametrize("damage", ["cut", "short cut", "flip", "number", "zeros", "rows"])
def test_damaged_files_print_no_names(tmp_path, capfd, damage):
    paths = write_series(ct_series(change=gossip), tmp_path)
    for path in paths[2:4]:
        data = bytearray(path.read_bytes())
        if damage == "cut":
            path.write_bytes(data[:-50])
        elif damage == "short cut":
            path.write_bytes(data[: data.index(b"Wilhelmina") + 20])
        elif damage == "flip":
            at = data.index(b"Wilhelmina") - 24
            data[at : at + 6] = bytes(byte ^ 0x15 for byte in data[at : at + 6])
            path.write_bytes(data)
        elif damage == "number":
            path.write_bytes(with_name_for_kvp(data))
        elif damage == "zeros":
            path.write_bytes(data[:800] + bytes(len(data)))
        else:
            at = data.index(b"\x28\x00\x10\x00US")
            path.write_bytes(data[: at + 4] + b"PN" + data[at + 6 :])
    refused = CliRunner().invoke(make_app(), ["score", str(tmp_path)])
    assert refused.exit_code == 2
    assert refused.stderr.count("\n") == 1
    check(refused.output)
    check(CliRunner().invoke(make_app(), ["info", str(tmp_path), "--json"]).output)
    assert capfd.readouterr() == ("", "")


def test_one_sentence_and_nothing_else(tmp_path):
    paths = write_series(ct_series(change=gossip), tmp_path)
    paths[1].write_bytes(with_name_for_kvp(paths[1].read_bytes()))
    check(run("score", tmp_path, code=2))


def test_libraries_log_and_warn_of_nothing(tmp_path, caplog, capfd, recwarn):
    caplog.set_level(logging.DEBUG)
    paths = write_series(ct_series(change=gossip), tmp_path)
    paths[1].write_bytes(with_name_for_kvp(paths[1].read_bytes()))
    with pytest.raises(CACError) as caught:
        read_scan(tmp_path)
    check(str(caught.value))
    check(caplog.text)
    check("".join(str(warning.message) for warning in recwarn.list))
    assert capfd.readouterr() == ("", "")


def test_pydicom_may_speak_again_afterwards(tmp_path):
    level = logging.getLogger("pydicom").level
    write_series(ct_series(), tmp_path)
    read_scan(tmp_path)
    assert logging.getLogger("pydicom").level == level


def test_threads_that_read_at_once_leave_no_trace(tmp_path, capfd):
    write_series([compress(dataset, JPEGLosslessSV1) for dataset in ct_series()], tmp_path)
    with ThreadPoolExecutor(4) as pool:
        scans = list(pool.map(read_scan, [tmp_path] * 12))
    assert all(np.array_equal(scan.values, scans[0].values) for scan in scans)
    assert logging.getLogger("pydicom").level < logging.CRITICAL
    os.write(2, b"still heard")
    assert capfd.readouterr().err == "still heard"


class TestPatientKey:
    def key(self, folder: Path, change=None, **patient) -> str | None:
        write_series(ct_series(change=change, **patient), folder)
        return read_scan(folder).acquisition.patient_key

    def test_same_patient_same_key(self, tmp_path):
        first = self.key(tmp_path / "a")
        assert first == self.key(tmp_path / "b", patient_name="Other^Spelling")
        assert first.startswith("P-")
        check(first)

    def test_other_patient_other_key(self, tmp_path):
        keys = {self.key(tmp_path / str(number), patient_id=f"ID-{number}") for number in range(5)}
        assert len(keys) == 5

    def test_same_number_of_another_hospital(self, tmp_path):
        def elsewhere(dataset):
            dataset.IssuerOfPatientID = "St Elsewhere"

        assert self.key(tmp_path / "a") != self.key(tmp_path / "b", elsewhere)

    def test_depends_on_the_secret(self, tmp_path, monkeypatch):
        keys = []
        for secret in (None, "one", "two", "one"):
            if secret is None:
                monkeypatch.delenv("CAC_PSEUDONYM_KEY", raising=False)
            else:
                monkeypatch.setenv("CAC_PSEUDONYM_KEY", secret)
            keys.append(self.key(tmp_path))
        assert len(set(keys)) == 3
        assert keys[1] == keys[3]

    def test_stays_the_same_from_version_to_version(self, tmp_path, monkeypatch):
        monkeypatch.delenv("CAC_PSEUDONYM_KEY", raising=False)
        assert self.key(tmp_path) == "P-16026ba8e1ca"

    def test_name_and_birth_date_where_there_is_no_number(self, tmp_path):
        def born(date):
            def change(dataset):
                dataset.PatientBirthDate = date

            return change

        first = self.key(tmp_path / "a", born("19500101"), patient_id="")
        assert first == self.key(tmp_path / "b", born("19500101"), patient_id="")
        assert first != self.key(tmp_path / "c", born("19500102"), patient_id="")

    def test_nobody(self, tmp_path):
        assert self.key(tmp_path, patient_id="", patient_name="") is None

    def test_same_for_all_frames_and_kinds_of_files(self, tmp_path):
        keys = {read_scan(path).acquisition.patient_key for path in kinds(tmp_path).values()}
        assert len(keys) == 1
