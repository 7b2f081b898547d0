"""A network sees the same of a slice whether it trains, is validated or predicts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

torch = pytest.importorskip("torch")

from CACAnnotationLib.training.augmentation import LabelledSlice  # noqa: E402
from CACAnnotationLib.training.configuration import AugmentationConfig, TrainingConfig  # noqa: E402
from CACAnnotationLib.training.losses import NO_CLASS  # noqa: E402
from CACAnnotationLib.training.slice_dataset import Draw, SliceDataset, batch_loader, example_of  # noqa: E402
from CACAnnotationLib.training.split import SliceReference  # noqa: E402
from CACScoringLib.labels.label_map import write_label_map  # noqa: E402
from CACScoringLib.model.configuration import NetworkConfig  # noqa: E402
from CACScoringLib.model.networks import build_network  # noqa: E402
from CACScoringLib.model.prediction.focus import whole  # noqa: E402
from CACScoringLib.model.prediction.matrix import Matrix  # noqa: E402
from CACScoringLib.model.prediction.slices import SlicePass  # noqa: E402
from CACScoringLib.scans.ct_scan import CTScan  # noqa: E402
from prediction_models import scan_of_values  # noqa: E402
from training_samples import read_cache  # noqa: E402

PUBLISHED = NetworkConfig()
REDUCED = NetworkConfig(first_channels=4, channels=(4, 8), reduction=2, window_hu=(-160, 480))
SMALL = NetworkConfig(first_channels=4, channels=(4,))


class Watching:
    """Engine that keeps what it is given to compute."""

    name, batch = "watching", 1

    def __init__(self) -> None:
        self.seen: list[torch.Tensor] = []

    def run(self, image: torch.Tensor) -> tuple[np.ndarray, ...]:
        self.seen.append(image)
        return (np.zeros((1, 2, *image.shape[2:]), np.float32),)


def scan(shape: tuple[int, int]) -> CTScan:
    """Three slices with padding of both kinds in their corners, candidates, and the brightest metal."""
    hu = np.random.default_rng(0).integers(-900, 900, (3, *shape)).astype(np.int16)
    hu[0, :20, :20] = -3024
    hu[1, :20, :20] = -2048
    hu[:, 30, 30] = 32767
    return scan_of_values(hu)


def seen_in_prediction(of: CTScan, network: NetworkConfig) -> list[torch.Tensor]:
    engine, matrix, everything = Watching(), Matrix.of(of, network), whole(of)
    run = SlicePass(of, everything, matrix, everything.window(matrix), engine, "cpu", "small")
    assert list(run.answers())
    return engine.seen


def dataset_of(of: CTScan, network: NetworkConfig, folder: Path, **config: object) -> SliceDataset:
    """All slices of a scan, labelled OTHER."""
    sitk.WriteImage(of.geometry.to_image(of.values), str(folder / "ct.nrrd"))
    write_label_map(folder / "car.nrrd", np.ones(of.values.shape, np.uint8), of.geometry, "car")
    cache = read_cache(folder, folder / "cache")
    return SliceDataset(cache, TrainingConfig(network=network, **config))


@pytest.mark.parametrize("network", [PUBLISHED, REDUCED], ids=["published", "reduced"])
@pytest.mark.parametrize("shape", [(512, 512), (500, 480), (64, 64), (1024, 1024)])
def test_validation_sees_what_prediction_sees(
    shape: tuple[int, int], network: NetworkConfig, tmp_path: Path
) -> None:
    of = scan(shape)
    dataset = dataset_of(of, network, tmp_path)
    batches = [[Draw(SliceReference(0, number))] for number in range(3)]

    validated = [batch.image for batch in batch_loader(dataset, batches)]

    predicted = seen_in_prediction(of, network)
    assert all(torch.equal(*pair) for pair in zip(validated, predicted, strict=True))
    if network is REDUCED:
        prepared = [build_network(network).prepared(each) for each in (validated[0], predicted[0])]
        assert torch.equal(*prepared)


@pytest.mark.parametrize("shape", [(500, 480), (1024, 1024)])
def test_training_sees_what_prediction_sees_where_nothing_is_changed(
    shape: tuple[int, int], tmp_path: Path
) -> None:
    of, still = scan(shape), AugmentationConfig(translation_pixels=0)
    dataset = dataset_of(of, SMALL, tmp_path, augmentation=still)
    squares = dataset_of(of, SMALL, tmp_path, augmentation=still, crop=64)

    predicted = seen_in_prediction(of, SMALL)

    draw = Draw(SliceReference(0, 1), (0,))
    assert torch.equal(dataset[draw].image[None], predicted[1])
    assert squares[draw].image.shape == (2, 64, 64)


def test_voxels_without_a_number_train_as_padding(tmp_path: Path) -> None:
    of = scan((64, 64))
    values = of.values.astype(np.float32)
    values[0, 40:50, 40:50] = np.nan
    values[1, 40:50, 40:50] = 1e9
    of = scan_of_values(values)

    validated = [dataset_of(of, SMALL, tmp_path)[Draw(SliceReference(0, number))] for number in range(3)]

    assert torch.equal(
        torch.stack([each.image for each in validated]), torch.cat(seen_in_prediction(of, SMALL))
    )


def test_a_square_that_becomes_one_pixel_is_calcium_where_a_candidate_in_it_is() -> None:
    hu = np.full((4, 6), 40, np.int16)
    regions, calcium = np.ones(hu.shape, np.uint8), np.zeros(hu.shape, np.uint8)
    hu[0, 1], calcium[0, 1] = 200, 2
    hu[0, 0], calcium[0, 0] = 200, 1
    hu[0, 2], calcium[0, 2] = 130, 4
    hu[3, 4], calcium[3, 4] = 131, 1
    regions[1, 1] = 3

    example = example_of(LabelledSlice(hu, regions, calcium), SMALL, factor=2)

    assert example.lesion.tolist() == [[1, NO_CLASS, NO_CLASS, NO_CLASS], [NO_CLASS, NO_CLASS, 0, NO_CLASS]]
    assert example.region.tolist() == [[2, 0, 0, NO_CLASS], [0, 0, 0, NO_CLASS]]
    assert example.image[1].tolist() == [[1, 0, 0, 0], [0, 0, 1, 0]]
