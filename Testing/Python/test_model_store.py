"""Models on disk: what is written is read again, and whatever is wrong with one is said in a sentence."""

from __future__ import annotations

import json
import pickle
import re
import subprocess
import sys

import pytest
import safetensors.torch
import torch
from cac_runner import run_cac
from CACScoringLib import resources
from CACScoringLib.errors import CACError
from CACScoringLib.model import store
from CACScoringLib.model.configuration import NetworkConfig
from CACScoringLib.model.networks import build_network
from CACScoringLib.model.store import load_model, save_model
from CACScoringLib.resources import shipped_models
from published_weights import drawn_state_dict

SMALL = NetworkConfig(first_channels=3, channels=(4, 5), with_lm=True)
CARD = {"data": "Three synthetic scans; no patient.", "results": {"f1": 0.5}}


@pytest.fixture
def saved(tmp_path):
    torch.manual_seed(0)
    network = build_network(SMALL)
    save_model(tmp_path / "small", network, SMALL, CARD)
    return tmp_path / "small", network


def test_what_is_saved_is_loaded(saved):
    folder, network = saved
    model = load_model(folder)
    assert (model.name, model.config) == ("small", SMALL)
    assert model.card == CARD | {"notice": "For research use only; not a medical device."}
    assert not model.network.training
    written, read = network.state_dict(), model.network.state_dict()
    assert list(written) == list(read)
    assert all(torch.equal(written[name], read[name]) for name in written)
    image = torch.rand(2, 2, 8, 12)
    with torch.inference_mode():
        assert torch.equal(model.network(image).lesion, network.eval()(image).lesion)


def test_a_loaded_model_can_be_trained_further(saved):
    network = load_model(saved[0]).network.train()
    network(torch.rand(2, 2, 8, 8)).lesion.sum().backward()
    assert all(weight.grad is not None for weight in network.encoder.parameters())


def test_card_says_what_it_must_to_people_and_programs(saved):
    folder, _ = saved
    text = (folder / "README.md").read_text()
    assert "For research use only; not a medical device." in text
    assert "Three synthetic scans; no patient." in text
    assert "For research use only" in json.loads((folder / "card.json").read_text())["notice"]
    save_model(folder.with_name("silent"), build_network(SMALL), SMALL, {})
    assert "Nobody wrote down what data" in (folder.with_name("silent") / "README.md").read_text()


def test_weights_of_other_layouts_and_precision_are_saved(tmp_path):
    network = build_network(SMALL).to(memory_format=torch.channels_last).half()
    save_model(tmp_path / "model", network, SMALL, CARD)
    read = load_model(tmp_path / "model").network.state_dict()
    assert all(torch.equal(read[name].half(), value.half()) for name, value in network.state_dict().items())
    assert read["encoder.conv00.weight"].dtype == torch.float32


def test_nothing_is_overwritten_unasked(saved, tmp_path):
    folder, network = saved
    with pytest.raises(CACError, match="not empty"):
        save_model(folder, network, SMALL, CARD)
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "todo.txt").write_text("keep me")
    with pytest.raises(CACError, match="not empty"):
        save_model(tmp_path / "notes", network, SMALL, CARD, replace=True)
    save_model(folder, network, SMALL, CARD | {"data": "Four scans"}, replace=True)
    assert load_model(folder).card["data"] == "Four scans"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["notes", "small"]


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on file sizes there")
def test_a_full_disk_leaves_the_earlier_model(saved, tmp_path):
    import resource

    folder, network = saved
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, limits[1]))
    try:
        with pytest.raises(CACError, match="file too large; make room"):
            save_model(folder, network, SMALL, {"data": "new"}, replace=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert load_model(folder).card["data"] == CARD["data"]
    assert [each.name for each in tmp_path.iterdir()] == ["small"]


KILLED = """
import os, sys
from pathlib import Path
from CACScoringLib.model.store import load_model, save_model

renames = 0
rename = Path.rename

def counted(path, target):
    global renames
    if ".partial-" not in path.name:
        if renames == int(sys.argv[2]):
            os.kill(os.getpid(), 9)
        renames += 1
    return rename(path, target)

Path.rename = counted
model = load_model(sys.argv[1])
save_model(Path(sys.argv[1]), model.network, model.config, {"data": "new"}, replace=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL there")
@pytest.mark.parametrize(("renames", "data"), [(0, CARD["data"]), (1, CARD["data"]), (2, "new")])
def test_a_kill_while_a_model_is_replaced_leaves_one_of_the_two(saved, tmp_path, renames, data):
    folder, network = saved
    killed = subprocess.run([sys.executable, "-c", KILLED, str(folder), str(renames)], check=False)
    assert killed.returncode == -9
    assert folder.exists() == (renames != 1)

    model = load_model(folder)
    assert (model.name, model.card["data"]) == ("small", data)
    with pytest.raises(CACError, match="not empty"):
        save_model(folder, network, SMALL, {"data": "newer"})
    assert load_model(folder).card["data"] == data
    save_model(folder, network, SMALL, {"data": "newer"}, replace=True)
    assert load_model(folder).card["data"] == "newer"
    assert [each.name for each in tmp_path.iterdir()] == ["small"]


def change(path, **values):
    document = json.loads(path.read_text())
    path.write_text(json.dumps(document | values))


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda f: (f / "weights.safetensors").unlink(), "weights.safetensors is missing"),
        (lambda f: (f / "card.json").unlink(), "card.json is missing"),
        (lambda f: (f / "weights.safetensors").write_bytes(b""), "cut short"),
        (
            lambda f: (f / "weights.safetensors").write_bytes(
                (f / "weights.safetensors").read_bytes()[:-100]
            ),
            "cut short",
        ),
        (lambda f: (f / "weights.safetensors").write_bytes(b"\xff" * 4000), "no safetensors"),
        (lambda f: (f / "weights.safetensors").write_bytes(pickle.dumps({"a": 1})), "no safetensors"),
        (lambda f: (f / "config.json").write_text('{"format"'), "JSON"),
        (lambda f: (f / "config.json").write_bytes(b"\x80\xff"), "JSON"),
        (lambda f: (f / "config.json").write_text("[]"), "no object"),
        (lambda f: (f / "config.json").write_text('{"architectures": ["BertModel"]}'), "some other JSON"),
        (lambda f: (f / "card.json").write_text("[" * 100_000), "JSON"),
        (lambda f: (f / "card.json").write_text(" " * 2_000_000), "too long"),
        (lambda f: change(f / "config.json", version=2), "version 2"),
        (
            lambda f: change(f / "config.json", region_classes=["OTHER", "LAD", "LCX", "RCA", "PDA"]),
            "made for other labels: OTHER, LAD, LCX, RCA, PDA",
        ),
        (lambda f: change(f / "config.json", network={"first_chanels": 3}), "did you mean 'first_channels'"),
        (
            lambda f: change(f / "config.json", network=SMALL.as_document() | {"channels": [4, 6]}),
            "6 x 4 x 4 x 4 is needed",
        ),
        (
            lambda f: change(f / "config.json", network=SMALL.as_document() | {"channels": [4]}),
            "weights of another network",
        ),
        (
            lambda f: change(f / "config.json", network=SMALL.as_document() | {"channels": [10**9, 10**9]}),
            "channels holds 1000000000; 1 to 1024 feature maps",
        ),
    ],
)
def test_damage_is_named(saved, damage, said):
    folder, _ = saved
    damage(folder)
    with pytest.raises(CACError, match=said) as raised:
        load_model(folder)
    assert "\n" not in str(raised.value)


def test_weights_that_are_no_numbers_are_refused(saved):
    path = saved[0] / "weights.safetensors"
    weights = safetensors.torch.load(path.read_bytes())
    weights["lesion_head.2.bias"][1] = float("nan")
    path.write_bytes(safetensors.torch.save(weights))
    with pytest.raises(CACError, match=r"lesion_head\.2\.bias holds values that are no numbers"):
        load_model(saved[0])


def test_weights_that_were_changed_after_they_were_saved_are_refused(saved):
    path = saved[0] / "weights.safetensors"
    whole = path.read_bytes()
    path.write_bytes(whole[:-400] + whole[-800:-400])
    with pytest.raises(CACError, match=r"weights.safetensors is damaged, or not the file that was saved"):
        load_model(saved[0])
    config = saved[0] / "config.json"
    older = json.loads(config.read_text())
    del older["weights_sha256"]
    config.write_text(json.dumps(older))
    assert load_model(saved[0]).config == SMALL


def test_a_name_that_is_none_and_a_folder_without_a_model_are_said(tmp_path):
    for name in ("", " "):
        with pytest.raises(CACError, match="no model is named; name a model's folder, or a shipped one: "):
            load_model(name)
    with pytest.raises(CACError, match=r"config\.json, weights\.safetensors, card\.json are missing"):
        load_model(tmp_path)


@pytest.mark.parametrize(("kind", "hint"), [("multitasc", "; did you mean 'multitask'?"), (3, "")])
def test_a_kind_of_network_that_is_none_is_said_with_the_nearest(kind, hint):
    with pytest.raises(CACError) as raised:
        NetworkConfig.of_document({"kind": kind})
    assert str(raised.value).endswith(f"is not one of multitask, single_task, sequential{hint}")


@pytest.mark.usefixtures("saved")
def test_a_shipped_model_has_a_name(tmp_path, monkeypatch):
    for module in (store, resources):
        monkeypatch.setattr(module, "resource_path", lambda name: {"Models": tmp_path}[name])
    assert load_model("small").config == SMALL
    with pytest.raises(CACError, match="did you mean 'small'"):
        load_model("smal")
    listed = json.loads(run_cac("model", "list", "--json").stdout)
    assert [model["name"] for model in listed] == ["small"]
    assert "small" in run_cac("model", "list").stdout
    shown = json.loads(run_cac("model", "show", "small", "--json").stdout)
    assert shown["network"] == SMALL.as_document()
    assert shown["data"] == CARD["data"]


def test_every_shipped_model_loads():
    for name in shipped_models():
        assert load_model(name).card["data"]


def code_in_a_pickle(path):
    class Runs:
        def __reduce__(self):
            return (open, (str(path.with_name("ran")), "w"))

    torch.save({"conv00.weight": Runs()}, path)


def cut(path, keep):
    torch.save(drawn_state_dict(), path)
    path.write_bytes(path.read_bytes()[:keep])


def without(path):
    weights = drawn_state_dict()
    weights["extra"] = weights.pop("conv0.bias")
    torch.save(weights, path)


def reshaped(path):
    torch.save(drawn_state_dict() | {"conv0.bias": torch.zeros(17)}, path)


def whole_numbers(path):
    torch.save(drawn_state_dict() | {"conv0.bias": torch.zeros(16, dtype=torch.int64)}, path)


@pytest.mark.parametrize(
    ("write", "said"),
    [
        (lambda path: None, "there is no file"),
        (lambda path: path.write_bytes(b""), "is no PyTorch weights file"),
        (lambda path: path.write_text("<html>404</html>"), "is no PyTorch weights file"),
        (lambda path: cut(path, 100_000), "cut short"),
        (code_in_a_pickle, "perhaps code, and was not opened"),
        (
            lambda path: path.write_bytes(pickle.dumps({"a": 1.0})),
            "is no state dict",
        ),
        (lambda path: torch.save([torch.zeros(3)], path), "no state dict"),
        (lambda path: torch.save({"epoch": 3}, path), "no state dict"),
        (without, "1 of 228 are missing, 1 unknown .lesion_head.0.bias is missing."),
        (reshaped, "lesion_head.0.bias is 17, 16 is needed"),
        (whole_numbers, "lesion_head.0.bias has values of type torch.int64"),
    ],
)
def test_a_file_that_is_not_the_published_one(tmp_path, write, said):
    path = tmp_path / "model.pt"
    write(path)
    result = run_cac("model", "import", path, "--out", tmp_path / "out", code=2)
    assert len(result.stderr.strip().splitlines()) == 1
    assert re.search(said, result.stderr), result.stderr
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "ran").exists()


def test_importing_into_a_folder_with_files_is_refused(saved, tmp_path):
    torch.save(drawn_state_dict(), tmp_path / "model.pt")
    result = run_cac("model", "import", tmp_path / "model.pt", "--out", saved[0], code=2)
    assert "not empty" in result.stderr
    assert load_model(saved[0]).config == SMALL


def test_naming_the_commands_does_not_import_torch():
    make = "from CACScoringLib.commands.app import make_app; make_app()"
    code = f"import sys; {make}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
