"""From labelled scans to batches: folders, cache, split, balance, augmentation."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

torch = pytest.importorskip("torch")

from CACAnnotationLib.training.augmentation import (  # noqa: E402
    LabelledSlice,
    augmented,
    cropped,
    filled_up,
    moved,
)
from CACAnnotationLib.training.batches import balanced_batches  # noqa: E402
from CACAnnotationLib.training.cache_files import CachedScan, Origin  # noqa: E402
from CACAnnotationLib.training.configuration import AugmentationConfig, read_config  # noqa: E402
from CACAnnotationLib.training.losses import NO_CLASS  # noqa: E402
from CACAnnotationLib.training.slice_cache import SliceCache  # noqa: E402
from CACAnnotationLib.training.slice_dataset import TrainingBatches, example_of, joined  # noqa: E402
from CACAnnotationLib.training.split import SliceReference, split_by_patient  # noqa: E402
from CACScoringLib.errors import CACError  # noqa: E402
from CACScoringLib.labels.label_map import write_label_map  # noqa: E402
from CACScoringLib.model.configuration import NetworkConfig  # noqa: E402
from training_samples import labelled_scan, read_cache, write_cohort, write_config  # noqa: E402

NETWORK = NetworkConfig(channels=(4,))
"""Takes all even numbers of rows and columns."""


def made_cache(patients: dict[str, list[bool]]) -> SliceCache:
    """Cache without files: for each scan of a patient, which slices hold calcium."""
    scans = tuple(
        CachedScan(
            f"{patient}/{number}",
            patient,
            None,
            "",
            (8, 8),
            (0, 1, 2),
            (has, False, False),
            (),
            Origin("", ""),
        )
        for patient, each in patients.items()
        for number, has in enumerate(each)
    )
    return SliceCache(Path(), scans)


def test_cache_holds_hu_calcium_and_thinned_regions(tmp_path: Path) -> None:
    data = write_cohort(tmp_path / "data", 2)

    cache = read_cache(data, tmp_path / "cache")

    assert [scan.slice_indices for scan in cache.scans] == [(0, 1, 2, 3)] * 2
    assert [scan.with_calcium for scan in cache.scans] == [(False,) * 4, (False, False, True, False)]
    for number in range(2):
        scan, cac, car = labelled_scan(number, calcium=number >= 1)
        for index in range(4):
            hu, regions, calcium = cache.slice_of(number, index)
            assert np.array_equal(hu, scan.values[index])
            assert np.array_equal(calcium, cac[index])
            assert (regions == 0).any() == (car[index] > 1).any()
            assert np.array_equal(regions[regions > 0], car[index][regions > 0])


def test_authors_naming_and_readers_sparse_labels_are_taken_as_they_are(tmp_path: Path) -> None:
    scan, cac, car = labelled_scan(3)
    car[0] = 0
    cac[0] = 0
    car[1:, 5:30, :10] = 0
    sitk.WriteImage(scan.geometry.to_image(scan.values), str(tmp_path / "AB-1.mhd"))
    write_label_map(tmp_path / "AB-1-label.nrrd", car, scan.geometry, "car")
    write_label_map(tmp_path / "AB-1-label-lesion.nrrd", cac, scan.geometry, "cac")

    cache = read_cache(tmp_path, tmp_path / "cache")

    assert cache.scans[0].slice_indices == (1, 2, 3)
    for number in range(3):
        _, regions, calcium = cache.slice_of(0, number)
        assert np.array_equal(regions, car[number + 1])
        assert np.array_equal(calcium, cac[number + 1])


def test_scan_with_only_one_kind_of_label_is_used(tmp_path: Path) -> None:
    data = write_cohort(tmp_path / "data", 2)
    (data / "scan-0" / "cac.nrrd").unlink()
    (data / "scan-1" / "car.nrrd").unlink()

    cache = read_cache(data, tmp_path / "cache")

    assert not cache.slice_of(0, 2)[2].any()
    assert not cache.slice_of(1, 2)[1].any()


def test_data_without_labels_is_refused_in_a_sentence(tmp_path: Path) -> None:
    data = write_cohort(tmp_path / "data", 1)
    for name in ("cac.nrrd", "car.nrrd"):
        scan, cac, _ = labelled_scan(0)
        write_label_map(data / "scan-0" / name, np.zeros_like(cac), scan.geometry, "cac")
    with pytest.raises(CACError, match="are empty: label some slices"):
        read_cache(data, tmp_path / "cache")
    for name in ("cac.nrrd", "car.nrrd"):
        (data / "scan-0" / name).unlink()
    with pytest.raises(CACError, match="1 scans, none with labels"):
        read_cache(data, tmp_path / "cache")


def test_candidates_of_a_scan_with_fractions_stay_candidates(tmp_path: Path) -> None:
    data = write_cohort(tmp_path / "data", 1, without_calcium=0)
    scan, cac, _ = labelled_scan(0)
    hu = scan.values.astype(np.float32)
    around = np.array([129.4, 129.5, 129.6, 130, 130.001, 130.4, 130.5, 130.6, 131, -999.5], np.float32)
    hu[1, 0, :10] = around
    cac[1, 0, :10] = 2
    sitk.WriteImage(scan.geometry.to_image(hu), str(data / "scan-0" / "ct.nrrd"))
    write_label_map(data / "scan-0" / "cac.nrrd", cac, scan.geometry, "cac")

    cache = read_cache(data, tmp_path / "cache")

    cached = cache.slice_of(0, 1)
    assert np.array_equal(cached[0] > 130, hu[1] > 130)
    assert np.abs(cached[0] - hu[1]).max() < 1
    example = example_of(LabelledSlice(*cached), NETWORK)
    assert example.lesion[0, :10].tolist() == [NO_CLASS] * 4 + [1] * 5 + [NO_CLASS]
    assert torch.equal(example.image[1], torch.from_numpy(hu[1] > 130).float())


def test_no_patient_is_on_both_sides_and_both_sides_have_calcium() -> None:
    cache = made_cache({f"P{number}": [number % 3 == 0, False] for number in range(20)})
    for seed in range(5):
        split = split_by_patient(cache, 0.2, seed)

        sides = [{cache.scans[scan].patient for scan, _ in side} for side in split]
        assert not sides[0] & sides[1]
        assert len(sides[0] | sides[1]) == 20
        assert len(sides[1]) == 4
        assert all(any(any(cache.scans[scan].with_calcium) for scan, _ in side) for side in split)
        assert split == split_by_patient(cache, 0.2, seed)
    assert split_by_patient(cache, 0.2, 0) != split_by_patient(cache, 0.2, 1)


def test_one_patient_with_calcium_cannot_be_split() -> None:
    with pytest.raises(CACError, match="1 of 3 patients"):
        split_by_patient(made_cache({"A": [True, True], "B": [False], "C": [False]}), 0.2, 0)


@pytest.mark.parametrize("batch_size", [2, 4, 8, 10])
def test_a_fifth_of_drawn_slices_has_calcium_at_any_time(batch_size: int) -> None:
    has = np.zeros(100, bool)
    has[:7] = True

    batches = balanced_batches(has, batch_size, 50, np.random.default_rng(0))

    assert [len(batch) for batch in batches] == [batch_size] * 50
    share = np.cumsum([has[batch].sum() for batch in batches])
    expected = 0.2 * batch_size * np.arange(1, 51)
    assert (np.abs(share - expected) < 1).all()
    drawn = np.bincount(np.concatenate(batches), minlength=100)
    for kind in (has, ~has):
        assert np.ptp(drawn[kind]) <= 1


@pytest.mark.parametrize("has", [True, False])
def test_batches_of_one_kind_alone(has: bool) -> None:
    batches = balanced_batches([has] * 5, 4, 6, np.random.default_rng(0))

    assert [len(batch) for batch in batches] == [4] * 6


def test_every_process_gets_its_own_share_of_each_batch(tmp_path: Path) -> None:
    cache = made_cache({f"P{number}": [True] for number in range(5)})
    slices = [SliceReference(scan, number) for scan in range(5) for number in range(3)]
    config = read_config(write_config(tmp_path / "config.toml"))

    whole, *shares = (
        list(TrainingBatches(cache, slices, config, rank, ranks)) for rank, ranks in ((0, 1), (0, 2), (1, 2))
    )

    for batch, first, second in zip(whole, *shares, strict=True):
        assert sorted(batch) == sorted(first + second)
        assert len(first) == len(second)


def piece(seed: int = 0, shape: tuple[int, int] = (40, 50)) -> LabelledSlice:
    rng = np.random.default_rng(seed)
    hu = rng.integers(-100, 100, shape).astype(np.int16)
    regions = np.ones(shape, np.uint8)
    regions[10:16, 20:30] = 2
    calcium = np.zeros(shape, np.uint8)
    calcium[12:14, 22:25] = 2
    hu[calcium > 0] = 400
    return LabelledSlice(hu, regions, calcium)


def test_translation_moves_hu_and_labels_together_and_brings_in_padding() -> None:
    before = piece()
    down, right = np.random.default_rng(2).integers(-9, 10, 2).tolist()
    assert down > 0 > right

    after = augmented(before, AugmentationConfig(translation_pixels=9), np.random.default_rng(2))

    for old, new, beyond in zip(before, after, (-2048, 0, 0), strict=True):
        assert np.array_equal(new[down:, :right], old[:-down, -right:])
        assert (new[:down] == beyond).all()
        assert (new[:, right:] == beyond).all()
    assert np.array_equal(after.hu == 400, after.calcium == 2)
    assert np.array_equal(moved(before.hu, [99, 0], -2048), np.full((40, 50), -2048))


def test_rotation_keeps_label_values_and_calcium_bright() -> None:
    before = piece()

    after = augmented(
        before, AugmentationConfig(translation_pixels=0, rotation_degrees=30), np.random.default_rng(5)
    )

    assert not np.array_equal(before.regions, after.regions)
    assert set(np.unique(after.regions)) <= {0, 1, 2}
    assert after.hu[after.calcium == 2].mean() > 250


@pytest.mark.parametrize("scale", [0.5, 2.0])
def test_scale_changes_the_size_of_all_layers_about_the_middle(scale: float) -> None:
    hu = np.full((128, 128), 40, np.int16)
    regions, calcium = np.ones(hu.shape, np.uint8), np.zeros(hu.shape, np.uint8)
    regions[52:76, 52:76] = 3
    calcium[60:68, 60:68] = 3
    hu[calcium > 0] = 500
    before = LabelledSlice(hu, regions, calcium)
    config = AugmentationConfig(0, smallest_scale=min(scale, 1), largest_scale=max(scale, 1))

    found = [augmented(before, config, np.random.default_rng(seed)) for seed in range(30)]
    cut = [augmented(before, config, np.random.default_rng(seed), 48) for seed in range(30)]

    areas = [(after.regions == 3).sum() / 24**2 for after in found]
    low, high = sorted([scale**2, 1.0])
    assert low * 0.9 < min(areas) < low * 1.3
    assert high / 1.3 < max(areas) < high * 1.1
    # linear between 40 and 500 HU, labels from the nearest pixel
    assert all(after.hu[after.calcium > 0].min() > 140 for after in found)
    assert all(layer.shape == (48, 48) for after in cut for layer in after)
    assert all((after.calcium > 0).any() for after in found)


def test_noise_and_intensity_change_hu_only() -> None:
    before = piece()
    config = AugmentationConfig(translation_pixels=0, noise_hu=20, intensity=0.05)

    after = augmented(before, config, np.random.default_rng(0))

    assert np.array_equal(after.regions, before.regions)
    change = (after.hu - before.hu).astype(float)
    assert 0 < np.abs(change).mean() < 60
    assert np.array_equal(augmented(before, config, np.random.default_rng(0)).hu, after.hu)


def test_padding_stays_padding_and_the_brightest_metal_bright() -> None:
    before = piece()
    before.hu[:4] = -2048
    before.hu[20, :3] = 32767
    config = AugmentationConfig(translation_pixels=0, noise_hu=20, intensity=0.05)
    turned = AugmentationConfig(translation_pixels=0, rotation_degrees=30)

    after = augmented(before, config, np.random.default_rng(0))

    assert (after.hu[:4] == -2048).all()
    assert after.hu[4:].min() > -2000
    assert (after.hu[20, :3] > 30000).all()
    assert augmented(before, turned, np.random.default_rng(5)).hu.min() == -2048


def test_crop_holds_the_calcium_and_small_slices_are_filled_up() -> None:
    for seed in range(20):
        cut = cropped(piece(), 16, np.random.default_rng(seed))
        assert {layer.shape for layer in cut} == {(16, 16)}
        assert (cut.calcium == 2).any()
    wide = cropped(piece(), 64, np.random.default_rng(0))
    assert wide.hu.shape == (64, 64)
    assert np.array_equal(wide.hu[:40, :50], piece().hu)
    assert filled_up(piece(), 45).hu.shape == (45, 50)


def test_examples_have_classes_of_candidates_and_regions_only() -> None:
    before = piece()
    before.regions[0, :3] = [0, 5, 4]
    before.calcium[0, :4] = [1, 5, 0, 1]
    before.hu[0, :4] = [131, 500, 500, 130]

    merged, apart = (
        example_of(before, dataclasses.replace(NETWORK, with_lm=with_lm)) for with_lm in (False, True)
    )

    assert merged.region[0, :3].tolist() == [NO_CLASS, 1, 3]
    assert apart.region[0, :3].tolist() == [NO_CLASS, 4, 3]
    assert merged.lesion[0, :4].tolist() == [0, 1, NO_CLASS, NO_CLASS]
    assert apart.lesion[0, :4].tolist() == [0, 4, NO_CLASS, NO_CLASS]
    assert (merged.lesion[merged.image[1] == 0] == NO_CLASS).all()


def test_slices_of_different_size_make_one_batch() -> None:
    small, large = (example_of(piece(shape=shape), NETWORK) for shape in ((40, 50), (48, 64)))

    batch = joined([small, large])

    assert batch.image.shape == (2, 2, 48, 64)
    assert torch.equal(batch.image[0, :, :40, :50], small.image)
    assert (batch.region[0, 40:] == NO_CLASS).all()
    assert batch.image[0, 0, 45, 0] == pytest.approx((-2048 + 2000) / 3300)
