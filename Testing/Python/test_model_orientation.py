"""A scan gets the same answers whichever way a file stores its rows and columns."""

from __future__ import annotations

import dataclasses
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import SimpleITK as sitk
from CACScoringLib.geometry import VolumeGeometry
from CACScoringLib.labels.label_map import write_label_map
from CACScoringLib.model import relevance
from CACScoringLib.model.configuration import NetworkConfig
from CACScoringLib.model.prediction.focus import Focus, candidate_voxels, heart_and_candidates
from CACScoringLib.model.prediction.passes import candidate_passes
from CACScoringLib.model.prediction.probabilities import Probabilities, array_shapes
from CACScoringLib.model.prediction.proposal import propose
from CACScoringLib.model.prediction.slices import Precision, SliceAnswers
from CACScoringLib.model.proposed_lesions import ProposedLesion, proposed_lesions
from CACScoringLib.model.relevance import Relevance, explain
from CACScoringLib.scans.ct_scan import CTScan
from CACScoringLib.scans.upright import Upright
from CACScoringLib.scoring.protocol import protocol_named
from numpy.typing import NDArray
from prediction_models import small_model
from scipy import ndimage

ORIENTATIONS = ("LPS", "RPS", "LAS", "RAS", "PLS", "PRS", "ALS", "ARS")
"""Where columns, rows and slices run to; DICOM's axial slices are LPS."""
PRECISIONS: tuple[Precision, ...] = ("exact", "fast", "focused")
SHAPE = (3, 125, 150)
SPACING_MM = (2.5, 2.25, 3.0)


class Stored(NamedTuple):
    """A scan as a file stores it, and the same scan upright."""

    scan: CTScan
    upright: CTScan

    def turned(self, volume: NDArray) -> NDArray:
        """Return a volume of the stored scan as one of the upright scan."""
        image = sitk.DICOMOrient(self.scan.geometry.to_image(volume), "LPS")
        return sitk.GetArrayFromImage(image)


@cache
def chest() -> NDArray[np.int16]:
    """Body with two unlike lungs, a heart between them, a spine at the back, and candidates everywhere."""
    rng = np.random.default_rng(0)
    _, rows, columns = np.mgrid[tuple(map(slice, SHAPE))]
    hu = np.where(((rows - 62) / 55) ** 2 + ((columns - 75) / 68) ** 2 < 1, 40, -1000)
    hu[((rows - 60) / 36) ** 2 + ((columns - 36) / 22) ** 2 < 1] = -850
    hu[((rows - 58) / 28) ** 2 + ((columns - 118) / 16) ** 2 < 1] = -850
    hu[(rows - 98) ** 2 + (columns - 77) ** 2 < 10**2] = 350
    spots = ndimage.binary_dilation(rng.random(SHAPE) < 0.003, np.ones((1, 2, 3)))
    hu[spots & (hu == 40)] = 420
    return np.rint(hu + rng.normal(0, 15, SHAPE)).astype(np.int16)


@cache
def stored_as(orientation: str) -> Stored:
    """Store the chest in another orientation, an oblique one if it is called so."""
    code, _, oblique = orientation.partition(" ")
    cosines = np.eye(3)
    if oblique:
        turn, tilt = np.deg2rad([24.0, 11.0])
        in_plane = [[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]]
        cosines = in_plane @ np.array(
            [[1, 0, 0], [0, np.cos(tilt), -np.sin(tilt)], [0, np.sin(tilt), np.cos(tilt)]]
        )
    direction = tuple(np.reshape(cosines, -1).tolist())
    geometry = VolumeGeometry(SHAPE[::-1], SPACING_MM, (-190.0, -140.0, 5.0), direction)
    image = sitk.DICOMOrient(geometry.to_image(chest()), code)
    scan = CTScan(sitk.GetArrayFromImage(image), VolumeGeometry.of_image(image))
    return Stored(scan, CTScan(chest(), geometry))


def stored_voxels(stored: Stored, voxels: NDArray[np.intp]) -> NDArray[np.intp]:
    """Flat indices into the stored scan of voxels of the upright one."""
    number = np.arange(np.prod(SHAPE)).reshape(stored.scan.geometry.shape)
    return np.sort(stored.turned(number).reshape(-1)[voxels])


def mask_of(focus: Focus, shape: tuple[int, int, int]) -> NDArray[np.uint8]:
    mask = np.zeros(shape, np.uint8)
    mask[focus.slices, focus.rows, focus.columns] = 1
    return mask


oriented = pytest.mark.parametrize("orientation", [*ORIENTATIONS, "LPS oblique", "ARS oblique"])


@oriented
def test_slices_are_turned_there_and_back(orientation: str) -> None:
    stored = stored_as(orientation)
    way, shape = Upright.of_geometry(stored.scan.geometry), stored.scan.geometry.shape[1:]

    upright = way.turned(stored.scan.values)

    assert np.array_equal(upright, chest())
    assert np.array_equal(way.back.turned(upright), stored.scan.values)
    assert np.shares_memory(upright, stored.scan.values)
    assert (upright is stored.scan.values) == orientation.startswith("LPS")
    places = np.array([3, 17]), np.array([5, 40])
    row, column = way.places(*places, SHAPE[1:])
    assert np.array_equal(upright[0, row, column], stored.scan.values[0][places])
    assert np.array_equal(way.back.places(row, column, shape), places)
    part = slice(3, 17), slice(5, 40)
    turned = way.spans(*part, SHAPE[1:])
    assert np.array_equal(way.turned(stored.scan.values[0][part]), chest()[0][turned])
    assert way.back.spans(*turned, shape) == part


@oriented
def test_heart_and_candidates_are_found_alike(orientation: str) -> None:
    stored = stored_as(orientation)
    found, expected = (heart_and_candidates(each) for each in stored)

    mask = mask_of(expected, SHAPE)

    assert mask.mean() < 0.6
    assert not mask[:, 100:].any(), "the spine"
    assert np.array_equal(stored.turned(mask_of(found, stored.scan.geometry.shape)), mask)


def answers_for(scan: CTScan, precision: Precision) -> list[NDArray]:
    """Labels and probabilities ``[slice, row, column]`` that a model that sees slices reduced proposes."""
    model = small_model(prepared=True)
    found = Probabilities(
        *(np.zeros(shape, np.float32) for shape in array_shapes(model.config, scan).values())
    )
    kept: list[SliceAnswers] = []
    proposal = propose(model, scan, precision, keep=kept.append)
    for each in kept:
        found.put(each, proposal.focus)
    assert proposal.car is not None
    channels = [part[:, channel] for part in found if part is not None for channel in range(part.shape[1])]
    return [proposal.cac, proposal.car, *channels]


@cache
def upright_answers(precision: Precision, oblique: str) -> list[NDArray]:
    return answers_for(stored_as(f"LPS{oblique}").upright, precision)


@oriented
@pytest.mark.parametrize("precision", PRECISIONS)
def test_proposals_and_probabilities_are_alike(precision: Precision, orientation: str) -> None:
    stored = stored_as(orientation)
    expected = upright_answers(precision, orientation[3:])
    assert {0, 1} < set(np.unique(expected[0]).tolist())
    for ours, theirs in zip(answers_for(stored.scan, precision), expected, strict=True):
        assert np.array_equal(stored.turned(ours), theirs)


def passes_of(scan: CTScan) -> list[NDArray[np.float32]]:
    """Calcium and labels of two passes, ``[slice, row, column]``."""
    focus, volumes = heart_and_candidates(scan), []
    for each in candidate_passes(small_model(), scan, 2, rate=0.2, seed=3, focus=focus):
        for values in each:
            volumes.append(np.zeros(scan.geometry.shape, np.float32))
            volumes[-1].reshape(-1)[candidate_voxels(scan, focus)] = values
    return volumes


@cache
def upright_passes() -> list[NDArray[np.float32]]:
    return passes_of(stored_as("LPS").upright)


@oriented
def test_passes_are_alike(orientation: str) -> None:
    stored = stored_as(orientation)
    for ours, theirs in zip(passes_of(stored.scan), upright_passes(), strict=True):
        assert theirs.any()
        assert np.array_equal(stored.turned(ours), theirs)


@cache
def upright_lesion() -> ProposedLesion:
    scan = stored_as("LPS").upright
    lesions = proposed_lesions(scan, propose(small_model(), scan, "exact").cac, protocol_named("agatston"))
    return max(lesions, key=lambda lesion: lesion.voxels.size)


@cache
def upright_relevance(oblique: str) -> Relevance:
    return explain(small_model(), stored_as(f"LPS{oblique}").upright, upright_lesion())


@oriented
def test_relevance_is_alike(orientation: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relevance, "STEPS", 4)
    stored, lesion = stored_as(orientation), upright_lesion()
    own = dataclasses.replace(lesion, voxels=stored_voxels(stored, lesion.voxels))

    found, expected = explain(small_model(), stored.scan, own), upright_relevance(orientation[3:])

    assert found.log_probability == pytest.approx(expected.log_probability, rel=1e-5)
    for name in ("hu", "candidates"):
        ours, theirs = np.zeros(stored.scan.geometry.shape, np.float32), np.zeros(SHAPE, np.float32)
        ours[found.slices], theirs[expected.slices] = getattr(found, name), getattr(expected, name)
        assert np.abs(theirs).max() > 0
        assert np.allclose(stored.turned(ours), theirs, rtol=1e-3, atol=1e-4 * np.abs(theirs).max())


@oriented
def test_training_sees_slices_upright(orientation: str, tmp_path: Path) -> None:
    from CACAnnotationLib.training.configuration import TrainingConfig
    from CACAnnotationLib.training.slice_dataset import Draw, SliceDataset
    from CACAnnotationLib.training.split import SliceReference
    from training_samples import read_cache

    stored = stored_as(orientation)
    regions = np.ones(SHAPE, np.uint8)
    regions[:, 50:60, 70:74] = 2
    calcium = (chest() > 130).astype(np.uint8)
    calcium[:, 50:60, 70:74] *= 2
    places = stored.turned(np.arange(np.prod(SHAPE)).reshape(stored.scan.geometry.shape)).reshape(-1)
    datasets = []
    for name, scan in zip(stored._fields, stored, strict=True):
        folder = tmp_path / name
        folder.mkdir()
        sitk.WriteImage(scan.geometry.to_image(scan.values), str(folder / "ct.nrrd"))
        for task, labels in (("car", regions), ("cac", calcium)):
            own = labels
            if scan is stored.scan:
                own = np.empty(scan.geometry.shape, np.uint8)
                own.reshape(-1)[places] = labels.reshape(-1)
            write_label_map(folder / f"{task}.nrrd", own, scan.geometry, task)
        config = TrainingConfig(network=NetworkConfig(first_channels=4, channels=(4, 8)))
        datasets.append(SliceDataset(read_cache(folder, folder / "cache"), config))

    found, expected = (each.cache for each in datasets)

    assert found.fingerprint == expected.fingerprint
    assert found.scans[0].matrix == SHAPE[1:]
    for number in range(SHAPE[0]):
        examples = [each[Draw(SliceReference(0, number))] for each in datasets]
        assert all(ours.equal(theirs) for ours, theirs in zip(*examples, strict=True))
