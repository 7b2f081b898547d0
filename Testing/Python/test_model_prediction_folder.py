"""The folder of a prediction: replaced as a whole or not at all, whoever is killed, one writer at a time."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from CACScoringLib.errors import CACError
from CACScoringLib.model.prediction.folder import prediction_folder

_OLD, _NEW = ("prediction.json", "cac.nrrd", "uncertainty.nrrd"), ("prediction.json", "cac.nrrd", "car.nrrd")
_KILLED_REPLACING = """
import os, shutil, signal, sys
from pathlib import Path
from CACScoringLib.model.prediction.folder import prediction_folder

left = int(sys.argv[2])

def or_killed(call):
    def run(*arguments, **options):
        global left
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)
        left -= 1
        return call(*arguments, **options)
    return run

with prediction_folder(Path(sys.argv[1])) as folder:
    for name in sys.argv[3:]:
        (folder / name).write_text("new")
    Path.rename, Path.mkdir, Path.unlink, os.unlink, os.rmdir = map(
        or_killed, (Path.rename, Path.mkdir, Path.unlink, os.unlink, os.rmdir)
    )
"""


def _state(out: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in out.iterdir() if path.is_file()}


def _prediction(names: tuple[str, ...], text: str) -> dict[str, str]:
    return dict.fromkeys(names, text) | {"notes.txt": "mine"}


def _old(out: Path) -> Path:
    out.mkdir()
    for name, text in _prediction(_OLD, "old").items():
        (out / name).write_text(text)
    return out


def test_a_kill_at_any_moment_leaves_the_older_or_the_newer_prediction(tmp_path: Path) -> None:
    old, new = _prediction(_OLD, "old"), _prediction(_NEW, "new")
    found = []
    for moment in range(100):
        out = _old(tmp_path / str(moment))
        arguments = [str(out), str(moment), *_NEW]
        ended = subprocess.run([sys.executable, "-c", _KILLED_REPLACING, *arguments], check=False)
        if ended.returncode != -signal.SIGKILL:
            break
        # where the document lies, the files beside it belong to it, before anybody put things right
        left = _state(out)
        assert left in (old, new) or "prediction.json" not in left
        with pytest.raises(KeyError), prediction_folder(out):
            raise KeyError
        assert _state(out) in (old, new)
        assert not [path for path in out.iterdir() if path.is_dir()]
        found.append(_state(out))
    assert ended.returncode == 0
    assert _state(out) == new
    assert found == sorted(found, key=lambda state: state == new)
    assert old in found
    assert new in found
    assert len(found) > 8


def test_a_second_prediction_into_the_folder_is_refused_and_disturbs_nothing(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "out"
    with prediction_folder(out) as folder:
        (folder / "cac.nrrd").write_text("first")
        with pytest.raises(CACError, match="another prediction is being written"), prediction_folder(out):
            pass
        (folder / "prediction.json").write_text("first")
    assert _state(out) == {"cac.nrrd": "first", "prediction.json": "first"}
    with prediction_folder(out) as folder:
        (folder / "prediction.json").write_text("second")
    assert _state(out) == {"prediction.json": "second"}


def test_what_a_killed_process_left_is_cleared_away(tmp_path: Path) -> None:
    out = _old(tmp_path / "out")
    waiting = f"""
import sys, time
from pathlib import Path
from CACScoringLib.model.prediction.folder import prediction_folder
with prediction_folder(Path({str(out)!r})) as folder:
    (folder / "car.nrrd").write_text("half")
    print("ready", flush=True)
    time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", waiting], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        with pytest.raises(CACError, match="another prediction"), prediction_folder(out):
            pass
        process.kill()
    assert _state(out) == _prediction(_OLD, "old")
    with prediction_folder(out) as folder:
        assert not list(folder.iterdir())
        (folder / "prediction.json").write_text("new")
    assert _state(out) == _prediction(("prediction.json",), "new")


def test_nothing_is_left_of_a_new_folder_whose_prediction_failed(tmp_path: Path) -> None:
    with pytest.raises(KeyError), prediction_folder(tmp_path / "deep" / "out"):
        raise KeyError
    assert not list(tmp_path.iterdir())
