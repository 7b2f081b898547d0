"""The networks: the published one against reference figures, and every kind at small sizes."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from cac_runner import run_cac
from CACScoringLib.errors import CACError
from CACScoringLib.model.configuration import NetworkConfig
from CACScoringLib.model.inputs import network_input
from CACScoringLib.model.networks import Answer, build_network
from CACScoringLib.model.published import own_name, read_published_weights
from CACScoringLib.model.store import load_model
from published_weights import drawn_state_dict, drawn_weight, published_name


@pytest.fixture(autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def test_published_figures_through_import(reference_data, tmp_path):
    table = (reference_data / "mtal_state_dict.tsv").read_text().splitlines()[1:]
    weights = {}
    for line in table:
        name, size = line.split("\t")
        shape = () if size == "scalar" else tuple(int(each) for each in size.split("x"))
        weights[name] = drawn_weight(name, shape)
    torch.save(weights, tmp_path / "model.pt")
    run_cac("model", "import", tmp_path / "model.pt", "--out", tmp_path / "published")
    model = load_model(tmp_path / "published")
    golden = np.load(reference_data / "mtal_golden.npz")
    hu = np.clip(np.round(np.random.default_rng(1).normal(0, 250, (512, 512))), -1024, 3071)

    with torch.inference_mode():
        answer = model.network(network_input(hu[None]))

    region, lesion = (scores.softmax(1)[0].numpy() for scores in answer)
    np.testing.assert_allclose(region[:, ::16, ::16], golden["region"], rtol=0, atol=1e-4)
    np.testing.assert_allclose(lesion[:, ::16, ::16], golden["lesion"], rtol=0, atol=1e-4)
    np.testing.assert_allclose(region.mean((1, 2)), golden["region_mean"], rtol=0, atol=1e-4)
    np.testing.assert_array_equal(np.bincount(region.argmax(0).ravel()), golden["region_argmax_count"])


def test_published_names_and_size():
    network = build_network(NetworkConfig())
    assert sum(parameter.numel() for parameter in network.parameters()) == 3_109_130
    names = {published_name(name): name for name in network.state_dict()}
    assert len(names) == len(network.state_dict())
    assert {own_name(published): name for published, name in names.items()} == {n: n for n in names.values()}
    published = {name: tuple(value.shape) for name, value in drawn_state_dict().items()}
    # what layers see: the network's input, skips, and both skips of the calcium decoder
    assert published["conv00.weight"] == (16, 2, 5, 5)
    assert published["conv_down8.down.weight"] == (128, 128, 4, 4)
    assert published["conv_up2.conv1.weight"] == (64, 128 + 64, 3, 3)
    assert published["conv_up2_class.conv1.weight"] == (64, 128 + 64 + 64, 3, 3)
    assert published["conv_up8_class.conv1.weight"] == (32, 16 + 16 + 16 + 2, 3, 3)
    assert published["conv_double_out.2.weight"] == (4, 4, 3, 3)
    assert published["conv1.weight"] == (2, 16, 3, 3)


def test_every_published_weight_goes_to_its_place(tmp_path):
    weights = drawn_state_dict()
    torch.save(weights, tmp_path / "model.pt")
    read = read_published_weights(tmp_path / "model.pt").state_dict()
    assert all(torch.equal(read[own_name(name)], value) for name, value in weights.items())


def test_older_file_format_is_read(tmp_path):
    torch.save(drawn_state_dict(), tmp_path / "model.pt", _use_new_zipfile_serialization=False)
    assert not read_published_weights(tmp_path / "model.pt").training


@pytest.mark.parametrize("with_lm", [False, True])
@pytest.mark.parametrize("kind", ["multitask", "single_task", "sequential"])
@pytest.mark.parametrize("batch", [1, 3])
def test_small_networks_answer_for_every_pixel(kind, with_lm, batch):
    config = NetworkConfig(kind, 3, (4, 5, 6), with_lm=with_lm)
    assert config.size_multiple == 8
    network = build_network(config).eval()
    image = network_input(np.random.default_rng(batch).normal(0, 200, (batch, 24, 40)))
    with torch.inference_mode():
        answer = network(image)
    classes = 5 if with_lm else 4
    assert len(config.region_classes) == classes
    assert (config.region_classes[-1] == "LM") == with_lm
    region, lesion = answer if isinstance(answer, Answer) else (answer, None)
    assert region.shape == (batch, classes, 24, 40)
    assert region.isfinite().all()
    if lesion is not None:
        assert lesion.shape == (batch, 2, 24, 40)
    assert (lesion is None) == (kind == "single_task")


def test_regions_feed_calcium_and_never_the_other_way_round():
    network = build_network(NetworkConfig("multitask", 3, (4, 5)))
    image = torch.rand(2, 2, 8, 8)
    network(image).region.sum().backward()
    assert all(weight.grad is None for weight in network.lesion_decoder.parameters())
    network(image).lesion.sum().backward()
    assert all(weight.grad is not None for weight in network.lesion_decoder.parameters())
    network.zero_grad()
    network(image).lesion.sum().backward()
    assert any(weight.grad.any() for weight in network.region_decoder.parameters())


def test_gradients_of_a_sequential_network_stop_between_its_halves():
    network = build_network(NetworkConfig("sequential", 3, (4, 5)))
    network(torch.rand(2, 2, 8, 8)).lesion.sum().backward()
    assert all(weight.grad is None for weight in network.region_network.parameters())


def test_input_is_scaled_as_published():
    hu = np.array([[[-3024, -2048, -1000], [129, 130, 131], [0, 1300, 3071]]])
    image, mask = network_input(hu)[0].numpy()
    np.testing.assert_allclose(image[0], [-48 / 3300, -48 / 3300, 1000 / 3300], rtol=1e-6)
    np.testing.assert_array_equal(mask, [[0, 0, 0], [0, 0, 1], [0, 1, 1]])


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"chanels": [8]}, "did you mean 'channels'"),
        ({"kind": "unet"}, "multitask, single_task, sequential"),
        ({"kind": ["unet"]}, "multitask, single_task, sequential"),
        ({"channels": 8}, "must be a list"),
        ({"channels": []}, "1 to 9"),
        ({"channels": [8] * 10}, "1 to 9"),
        ({"channels": [8, "16"]}, "'16'"),
        ({"first_channels": 0}, "first_channels holds 0; 1 to 128"),
        ({"first_channels": True}, "first_channels holds True; 1 to 128"),
        ({"with_lm": "no"}, "true or false"),
        ({"innermost_dropout": 1.0}, "below 1"),
        ({"innermost_dropout": "high"}, "'high'"),
    ],
)
def test_mistake_in_a_configuration_is_named(document, said):
    with pytest.raises(CACError, match=said):
        NetworkConfig.of_document(document)


def test_configuration_survives_writing():
    config = NetworkConfig("sequential", 8, (8, 16), 0.25, True)
    assert NetworkConfig.of_document(config.as_document()) == config
