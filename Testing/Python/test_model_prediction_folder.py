"""The folder of a prediction: replaced as a whole or not at all, whoever is killed, one writer at a time."""

from __future__ import annotations

import hashlib
import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from CACScoringLib.errors import CACError
from CACScoringLib.model.prediction.folder import prediction_folder

_OLD, _NEW = ("cac.nrrd", "uncertainty.nrrd"), ("cac.nrrd", "car.nrrd")
_MINE = {"notes.txt": "mine"}
_KILLED_REPLACING = """
import json, os, shutil, signal, sys
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
    for name, text in json.loads(sys.argv[3]).items():
        (folder / name).write_text(text)
    Path.rename, Path.mkdir, Path.unlink, os.unlink, os.rmdir = map(
        or_killed, (Path.rename, Path.mkdir, Path.unlink, os.unlink, os.rmdir)
    )
"""


def _state(out: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in out.iterdir() if path.is_file()}


def _prediction(names: tuple[str, ...], text: str) -> dict[str, str]:
    digest = {"sha256": hashlib.sha256(text.encode()).hexdigest()}
    document = {"said": text, "files": dict.fromkeys(names, digest)}
    return dict.fromkeys(names, text) | {"prediction.json": json.dumps(document)}


def _write(folder: Path, prediction: dict[str, str]) -> None:
    for name, text in prediction.items():
        (folder / name).write_text(text)


def _old(out: Path) -> Path:
    out.mkdir()
    _write(out, _prediction(_OLD, "old") | _MINE)
    return out


def test_a_kill_at_any_moment_leaves_the_older_or_the_newer_prediction(tmp_path: Path) -> None:
    old, new = _prediction(_OLD, "old") | _MINE, _prediction(_NEW, "new") | _MINE
    found = []
    for moment in range(100):
        out = _old(tmp_path / str(moment))
        arguments = [str(out), str(moment), json.dumps(_prediction(_NEW, "new"))]
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
    first, second = _prediction(("cac.nrrd",), "first"), _prediction((), "second")
    with prediction_folder(out) as folder:
        with pytest.raises(CACError, match="another prediction is being written"), prediction_folder(out):
            pass
        _write(folder, first)
    assert _state(out) == first
    with prediction_folder(out) as folder:
        _write(folder, second)
    assert _state(out) == second


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
    assert _state(out) == _prediction(_OLD, "old") | _MINE
    with prediction_folder(out) as folder:
        assert not list(folder.iterdir())
        _write(folder, _prediction((), "new"))
    assert _state(out) == _prediction((), "new") | _MINE


def test_nothing_is_left_of_a_new_folder_whose_prediction_failed(tmp_path: Path) -> None:
    with pytest.raises(KeyError), prediction_folder(tmp_path / "deep" / "out"):
        raise KeyError
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("there", "said"),
    [
        ({"cac.nrrd": "a reader's"}, "cac.nrrd was not written by a prediction"),
        ({"car.nrrd": "a reader's"}, "car.nrrd was not written by a prediction"),
        (_prediction(_OLD, "old") | {"car.nrrd": "a reader's"}, "car.nrrd was not written by a prediction"),
        (_prediction(_OLD, "old") | {"cac.nrrd": "corrected"}, "cac.nrrd has been changed since"),
        ({"cac.nrrd": "a reader's", "prediction.json": "[1]"}, "prediction.json was not written by a pred"),
        ({"prediction.json": "somebody's own"}, "prediction.json was not written by a prediction"),
    ],
)
def test_labels_of_a_reader_are_refused_before_anything_is_computed(
    tmp_path: Path, there: dict[str, str], said: str
) -> None:
    _write(tmp_path, there)
    with pytest.raises(CACError, match=said), prediction_folder(tmp_path):
        raise AssertionError
    assert _state(tmp_path) == there
    assert not [path for path in tmp_path.iterdir() if path.is_dir()]


def test_what_a_reader_saves_while_a_prediction_is_computed_is_kept(tmp_path: Path) -> None:
    out = _old(tmp_path / "out")

    def predict_meanwhile() -> None:
        with prediction_folder(out) as folder:
            _write(folder, _prediction(_NEW, "new"))
            (out / "cac.nrrd").write_text("corrected")

    with pytest.raises(CACError, match="changed since"):
        predict_meanwhile()
    assert _state(out) == _prediction(_OLD, "old") | _MINE | {"cac.nrrd": "corrected"}
    assert not [path for path in out.iterdir() if path.is_dir()]


def test_what_a_reader_saves_after_a_kill_in_the_move_is_kept(tmp_path: Path) -> None:
    new = _prediction(_NEW, "new")
    for name, prediction in {
        ".previous-prediction": _prediction(_OLD, "old"),
        ".partial-prediction": new,
    }.items():
        (tmp_path / name).mkdir()
        _write(tmp_path / name, prediction)
    (tmp_path / ".partial-prediction" / "car.nrrd").rename(tmp_path / "car.nrrd")
    (tmp_path / "cac.nrrd").write_text("a reader's")
    for _ in range(2):
        with pytest.raises(CACError, match=r"cac\.nrrd has been changed"), prediction_folder(tmp_path):
            raise AssertionError
        assert _state(tmp_path) == {"cac.nrrd": "a reader's", "car.nrrd": "new"}
    (tmp_path / "cac.nrrd").unlink()
    with pytest.raises(KeyError), prediction_folder(tmp_path):
        raise KeyError
    assert _state(tmp_path) == _prediction(_OLD, "old")
