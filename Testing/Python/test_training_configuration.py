"""Configurations of training runs: mistakes are named, and those that are shipped are right."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

pytest.importorskip("torch")

from cac_runner import run_cac
from CACAnnotationLib.training.configuration import TrainingConfig, config_of_document, read_config
from CACAnnotationLib.training.shipped_configs import config_file, shipped_configs
from CACScoringLib.errors import CACError
from CACScoringLib.model.configuration import NetworkConfig
from training_samples import write_config


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("lerning_rate = 1e-3\n", "no key 'lerning_rate'; did you mean 'learning_rate'?"),
        ("epoch = 'ten'\n", "did you mean 'epochs'?"),
        ("patience = 2.5\n", "'patience' is 2.5; it must be a whole number"),
        ("patience = true\n", "'patience' is True; it must be a whole number"),
        ("precision = 16\n", "'precision' is 16; it must be a text in quotes"),
        ("weight_decay = -1\n", "'weight_decay' is -1.0; it must be 0 to 1"),
        ("weight_decay = nan\n", "'weight_decay' is nan; it must be a number"),
        ("crop = 30\n", "'crop' is 30; it must be 0 or a multiple of 4"),
        ("precision = 'fp16'\n", "'precision' is 'fp16'; it must be fp32 or bf16"),
        ("patience = 99999999999999999999\n", "'patience' is a whole number beyond 2^63"),
        (f"weight_decay = {'9' * 400}\n", "'weight_decay' is a whole number beyond 2^63"),
        (f"patience = {'9' * 5000}\n", "no valid TOML"),
        ("loss = 3\n", "'loss' must be a table"),
        ("patience =\n", "no valid TOML"),
        # what would hang, or fill the memory, or let nothing be learnt
        ("workers = 100000\n", "'workers' is 100000; it must be 0 to 128"),
        ("decay_epochs = 0\n", "'decay_epochs' is 0; it must be 1 or more"),
        ("crop = 1048576\n", "'crop' is 1048576; it must be at most 2048"),
        ("weight_decay = 1e300\n", "'weight_decay' is 1e+300; it must be 0 to 1"),
    ],
)
def test_mistakes_in_a_configuration_are_named(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(CACError) as caught:
        read_config(write_config(tmp_path / "config.toml", extra=text))
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[loss]\nweigthing = 'static'\n", "[loss] has no key 'weigthing'; did you mean 'weighting'?"),
        (
            "[loss]\nweighting = 'dynamic'\n",
            "'loss.weighting' is 'dynamic'; it must be uncertainty or static",
        ),
        ("[network]\nchanels = [8]\n", "[network] has no key 'chanels'; did you mean 'channels'?"),
        ("[network]\nkind = 'unet'\n", "'unet' is not one of multitask, single_task, sequential"),
        ("[network]\nchannels = 8\n", "channels is 8; it must be a list"),
        ("[network]\nchannels = ['a']\n", "channels holds 'a'; 1 to 1024 feature maps"),
        ("[network]\nwith_lm = 'no'\n", "with_lm is 'no'; it must be true or false"),
        ("[augmentation]\nnoise = 3\n", "did you mean 'noise_hu'?"),
        ("[augmentation]\nnoise_hu = -3\n", "'augmentation.noise_hu' is -3.0; it must be 0 to 200"),
        ("[augmentation]\nnoise_hu = 1e300\n", "'augmentation.noise_hu' is 1e+300; it must be 0 to 200"),
        (
            "[augmentation]\nrotation_degrees = 1e300\n",
            "'augmentation.rotation_degrees' is 1e+300; it must be 0 to 180",
        ),
        (
            "[augmentation]\ntranslation_pixels = 9999999999\n",
            "'augmentation.translation_pixels' is 9999999999; it must be 0 to 256",
        ),
        ("[augmentation]\nintensity = 1\n", "'augmentation.intensity' is 1.0; it must be 0 to 0.5"),
        ("batch_size = 100000000\n", "'batch_size' is 100000000; it must be 2 to 1024"),
        ("batches_per_epoch = 10000000\n", "'batches_per_epoch' is 10000000; it must be 0 to 1000000"),
        ("[network]\nfirst_channels = 4096\n", "first_channels holds 4096; 1 to 128 feature maps"),
        ("[network]\nchannels = [16, 4096]\n", "channels holds 4096; 1 to 1024 feature maps"),
        ("[los]\n", "no key 'los'; did you mean 'loss'?"),
        # a key below a [table] belongs to it, which is easily forgotten
        (
            "[network]\nlearning_rate = 1e-3\n",
            "[network] has no key 'learning_rate'; it belongs above all tables",
        ),
        ("[loss]\nchannels = [8]\n", "[loss] has no key 'channels'; it belongs below a line [network]"),
        ("kind = 'sequential'\n", "the configuration has no key 'kind'; it belongs below a line [network]"),
        ("rotation = 5\n", "no key 'rotation'; did you mean 'rotation_degrees' in [augmentation]?"),
        ("[loss]\nepoch = 5\n", "[loss] has no key 'epoch'; did you mean 'epochs' above all tables?"),
        ("[network.loss]\nalpha = 1\n", "[network] has no key 'loss'; known are kind, "),
        ("xyz = 1\n", "no key 'xyz'; known are seed, epochs, "),
    ],
)
def test_keys_and_values_of_tables_that_are_wrong_are_named(tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "config.toml").write_text(text)
    with pytest.raises(CACError) as caught:
        read_config(tmp_path / "config.toml")
    assert sentence in str(caught.value)
    assert str(caught.value).startswith(str(tmp_path / "config.toml"))


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\x80\xff")
    for name, sentence in {
        "none.toml": "no such file",
        "": "is a directory",
        "binary": "is no text file",
    }.items():
        with pytest.raises(CACError, match=re.compile(sentence, re.IGNORECASE)):
            read_config(tmp_path / name)


def test_shipped_configurations_are_right() -> None:
    assert shipped_configs() == ["mtal2022", "small"]
    small, published = (read_config(config_file(name)) for name in ("small", "mtal2022"))

    # what the paper states, and the network it published
    assert published.network == NetworkConfig()
    assert (published.batch_size, published.learning_rate, published.decay, published.decay_epochs) == (
        8, 5e-4, 0.95, 5,
    )  # fmt: skip
    assert (published.loss.region_other_weight, published.loss.lesion_other_weight) == (0.01, 0.01)
    assert published.loss.weighting == "uncertainty"
    assert published == config_of_document({"workers": 4})
    assert small.epochs * small.batches_per_epoch * small.batch_size <= 30_000
    assert small.network.reduction > 1
    assert config_of_document(small.as_document()) == small


def test_every_key_stands_in_the_published_configuration() -> None:
    text = config_file("mtal2022").read_text()
    document = TrainingConfig().as_document()
    keys = [key for key, value in document.items() if not isinstance(value, dict)]
    keys += [f"[{key}]" for key, value in document.items() if isinstance(value, dict)]
    assert [
        key
        for key in keys
        if not re.search(rf"^{re.escape(key)}\b" if key[0] != "[" else re.escape(key), text, re.M)
    ] == []


def test_a_shipped_configuration_goes_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text("")
    assert config_file(str(tmp_path / "own.toml")) == tmp_path / "own.toml"
    assert config_file("small").name == "small.toml"
    result = run_cac("train", tmp_path, "--config", "smal", "--out", tmp_path / "run", code=2)
    assert (
        "there is no configuration 'smal', neither shipped nor as a file; did you mean 'small'?"
        in result.stderr
    )
    with pytest.raises(CACError, match="shipped are mtal2022, small"):
        config_file("xyz.toml")
