"""Runs that share folders: whoever has to wait says so, and nobody waits for himself."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from CACAnnotationLib.commands.train_display import TrainingDisplay  # noqa: E402
from CACAnnotationLib.training.configuration import read_config  # noqa: E402
from CACAnnotationLib.training.folder_lock import FolderBusyError, locked  # noqa: E402
from CACAnnotationLib.training.slice_cache import cached_slices  # noqa: E402
from CACAnnotationLib.training.trainer import train  # noqa: E402
from CACScoringLib.errors import CACError  # noqa: E402
from training_samples import read_cache, write_cohort, write_config  # noqa: E402

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no such locks there")


class EnoughError(Exception):
    """Waited long enough."""


def test_a_lock_is_held_alone_or_shared(tmp_path: Path) -> None:
    file = tmp_path / "new" / ".lock"
    with locked(file) as held:
        assert held
        with pytest.raises(FolderBusyError, match=f"another process works in {file.parent}; wait for it"):
            locked(file, shared=True).__enter__()
        with locked(file.with_name(".other")) as other:
            assert other
    with locked(file, shared=True), locked(file, shared=True) as shared:
        assert shared
        with pytest.raises(FolderBusyError):
            locked(file).__enter__()


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(CACError, match=f"cannot write into {tmp_path / 'file'}"):
        locked(tmp_path / "file" / ".lock").__enter__()


def test_waiting_for_another_run_that_reads_scans_is_said_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, folder, asked = write_cohort(tmp_path / "data", 2), tmp_path / "cache", []
    with TrainingDisplay(1, 1, quiet=False) as display:

        def waiting() -> None:
            asked.append(display.waiting(folder))
            if len(asked) == 3:
                raise EnoughError

        with locked(folder / ".build.lock"), pytest.raises(EnoughError):
            cached_slices(data, folder, waiting=waiting).__enter__()

    assert capsys.readouterr().err.splitlines() == [f"waiting for another run that reads scans into {folder}"]
    assert read_cache(data, folder).scans


def test_a_cache_may_lie_in_the_folder_of_a_run(tmp_path: Path) -> None:
    data, out, other = write_cohort(tmp_path / "data"), tmp_path / "run", tmp_path / "other"
    config = read_config(write_config(tmp_path / "config.toml", 1))

    train(data, config, out, device="cpu", cache=tmp_path / "data" / ".." / "run")
    with locked(out / ".run.lock"):
        run = train(data, config, other, device="cpu", cache=out)

    assert run.model == other / "model"
    assert (out / "index.json").is_file()
    assert not (out / "slices").exists()
