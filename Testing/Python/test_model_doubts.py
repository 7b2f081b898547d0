"""What passes doubt, with figures worked out by hand from passes made by hand."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pytest
from CACScoringLib.model.prediction.doubt_document import with_doubts
from CACScoringLib.model.prediction.doubts import MOST_LISTED, Doubts
from CACScoringLib.model.prediction.focus import whole
from CACScoringLib.model.prediction.gathered_passes import GatheredPasses, PassOptions
from CACScoringLib.model.prediction.proposal import Proposal
from CACScoringLib.model.prediction.threshold import label_at_threshold
from CACScoringLib.model.score_distribution import ScoreDistribution
from CACScoringLib.model.uncertainty import Uncertainty
from CACScoringLib.schemes import label_scheme
from CACScoringLib.scoring.protocol import ScoringProtocol
from prediction_models import scan_of_values

_SHAPE = (3, 8, 10)


class _Voxel(NamedTuple):
    """A candidate voxel: slice, row, column, HU, proposed label and region, chance of calcium, votes."""

    place: tuple[int, int, int]
    hu: int
    cac: str
    car: str
    probability: float
    votes: dict[str, float]


class _Case:
    """A proposal and passes made of voxels; ``at_130_hu`` are places of further voxels."""

    def __init__(
        self,
        voxels: Sequence[_Voxel],
        at_130_hu: Sequence[tuple[int, int, int]] = (),
        *,
        protocol: ScoringProtocol | None = None,
        regions: bool = True,
        shape: tuple[int, int, int] = _SHAPE,
    ) -> None:
        self.protocol = protocol or ScoringProtocol()
        scheme = label_scheme()
        voxels = sorted(voxels)
        values = np.full(shape, 40, np.int16)
        cac, car = np.zeros(shape, np.uint8), np.full(shape, scheme["OTHER"].value, np.uint8)
        votes = np.zeros((scheme.highest + 1, len(voxels)), np.float32)
        for position, voxel in enumerate(voxels):
            values[voxel.place] = voxel.hu
            cac[voxel.place], car[voxel.place] = scheme[voxel.cac].value, scheme[voxel.car].value
            for name, share in voxel.votes.items():
                votes[scheme[name].value, position] = share
        for place in at_130_hu:
            values[place] = 130
        self.scan = scan_of_values(values)
        label_at_threshold(cac, self.scan, self.protocol)
        self.proposal = Proposal(cac, car if regions else None, whole(self.scan), {}, ())
        probability = np.array([voxel.probability for voxel in voxels])
        measures = Uncertainty(probability, probability / 10, probability / 2, probability / 4)
        places = tuple(np.array([voxel.place for voxel in voxels]).T)
        flat = np.ravel_multi_index(places, shape)  # type: ignore[call-overload]
        scores = ScoreDistribution(np.zeros(2), {"LAD": np.zeros(2)}, "standard")
        self.gathered = GatheredPasses(PassOptions(2), flat, measures, votes, scores, 0.0)

    @property
    def doubts(self) -> Doubts:
        return Doubts(self.gathered, self.proposal, self.scan, self.protocol)

    def document(self) -> dict[str, Any]:
        lesions = [{"id": number + 1} for number in range(len(self.doubts.of_proposal()))]
        empty: dict[str, Any] = {"lesions": lesions, "notes": []}
        found = with_doubts(empty, self.gathered, self.proposal, self.scan, self.protocol)
        return json.loads(json.dumps(found, allow_nan=False))


_LAD = [
    _Voxel((0, 1, 1), 250, "LAD", "LAD", 0.9, {"LAD": 0.8, "LCX": 0.2}),
    _Voxel((0, 1, 2), 280, "LAD", "LAD", 0.5, {"LAD": 0.5, "OTHER": 0.5}),
]


def test_doubt_of_a_proposed_lesion() -> None:
    (said,) = _Case(_LAD).doubts.of_proposal()
    assert said is not None
    # one voxel: 1 - 0.9 * 0.8 / (0.8 + 0.2); the other one: 1 - 0.5 * 0.5 / 0.5
    assert said.doubt == pytest.approx((0.28 + 0.5) / 2)
    assert said.labels == pytest.approx({"OTHER": 0.25, "LAD": 0.65, "LCX": 0.1})
    assert said.uncertainty == pytest.approx(
        {"probability": 0.7, "variance": 0.07, "entropy": 0.35, "mutual_information": 0.175}
    )


def test_a_doubtful_lesion_has_its_score_at_stake() -> None:
    (found,) = _Case(_LAD).doubts.doubtful_lesions()
    # two voxels of 1 mm² in slices 3 mm apart, brightest of 280 HU: weight 2
    assert found.score.agatston == pytest.approx(4)
    assert found.at_stake == pytest.approx(0.39 * 4)
    assert found.label == "LAD"
    assert found.lesions == (1,)
    assert found.peak_ijk == (2, 1, 0)
    document = found.as_document()
    assert document["at_stake"] == found.at_stake
    assert document["doubt"] == pytest.approx(0.39)
    assert document["slices"] == (0, 0)
    assert not {"id", "artery"} & set(document)


def test_an_artery_that_no_pass_votes_for_has_the_doubt_of_its_calcium() -> None:
    (said,) = _Case([_Voxel((0, 1, 1), 250, "LAD", "LAD", 0.6, {"OTHER": 1.0})]).doubts.of_proposal()
    assert said is not None
    assert said.doubt == pytest.approx(0.4)
    assert said.labels == {"OTHER": 1.0}


@pytest.mark.parametrize(
    ("car", "probability", "votes", "doubt"),
    [
        ("LAD", 0.3, {"OTHER": 1.0}, 0.3),
        ("LAD", 0.09, {"OTHER": 1.0}, None),
        # calcium where no artery is: of the aorta, unless passes see an artery
        ("OTHER", 0.95, {"OTHER": 0.8, "RCA": 0.15, "LCX": 0.05}, 0.2),
        ("OTHER", 0.95, {"OTHER": 1.0}, None),
    ],
)
def test_what_is_proposed_as_other_may_be_calcium(
    car: str, probability: float, votes: dict[str, float], doubt: float | None
) -> None:
    case = _Case([_Voxel((1, 4, 4), 450, "OTHER", car, probability, votes)])
    assert case.doubts.of_proposal() == []
    found = case.doubts.doubtful_lesions()
    if doubt is None:
        assert found == []
        return
    (lesion,) = found
    assert lesion.said.doubt == pytest.approx(doubt)
    assert (lesion.label, lesion.lesions, lesion.peak_ijk) == ("OTHER", (), (4, 4, 1))
    assert lesion.at_stake == pytest.approx(4 * doubt)


def test_without_regions_the_probability_is_of_coronary_calcium_everywhere() -> None:
    voxel = _Voxel((1, 4, 4), 450, "OTHER", "OTHER", 0.95, {"OTHER": 1.0})
    (found,) = _Case([voxel], regions=False).doubts.doubtful_lesions()
    assert found.said.doubt == pytest.approx(0.95)


def test_left_main_counts_as_lad_unless_it_is_kept_apart() -> None:
    together = _Case([_Voxel((0, 1, 1), 250, "LM", "LM", 0.8, {"LAD": 1.0})])
    (said,) = together.doubts.of_proposal()
    assert said is not None
    assert said.doubt == pytest.approx(0.2)
    (lesion,) = together.doubts.doubtful_lesions()
    assert lesion.label == "LAD"

    votes = {"LM": 0.6, "LAD": 0.4}
    apart = _Case(
        [_Voxel((0, 1, 1), 250, "LM", "LM", 0.9, votes)], protocol=ScoringProtocol(keep_lm_apart=True)
    )
    (said,) = apart.doubts.of_proposal()
    assert said is not None
    assert said.doubt == pytest.approx(1 - 0.9 * 0.6)
    assert said.labels == pytest.approx({"LAD": 0.4, "LM": 0.6})
    (lesion,) = apart.doubts.doubtful_lesions()
    assert lesion.label == "LM"


def test_lesions_that_hang_together_are_one_to_look_at() -> None:
    between = _Voxel((0, 1, 3), 450, "OTHER", "LAD", 0.4, {"OTHER": 0.6, "LAD": 0.4})
    behind = _Voxel((1, 1, 4), 210, "RCA", "RCA", 0.7, {"RCA": 0.7, "OTHER": 0.3})
    beside = _Voxel((0, 1, 4), 210, "RCA", "RCA", 0.7, {"RCA": 0.7, "OTHER": 0.3})
    (found,) = _Case([*_LAD, between, beside, behind]).doubts.doubtful_lesions()
    assert found.lesions == (1, 2)
    # two voxels each: the lower label
    assert found.label == "LAD"
    assert found.peak_ijk == (3, 1, 0)
    assert found.said.doubt == pytest.approx((0.28 + 0.5 + 0.4 + 0.3 + 0.3) / 5)
    # four voxels of weight 4 in one slice, one of weight 2 in the next
    assert found.score.agatston == pytest.approx(4 * 4 + 2)
    assert found.score.slices == (0, 1)


def test_the_most_at_stake_comes_first_and_what_is_sure_or_too_small_does_not_come() -> None:
    def voxel(row: int, hu: int, probability: float) -> _Voxel:
        return _Voxel((0, row, 5), hu, "LAD", "LAD", probability, {"LAD": 1.0})

    # at stake: 0.6 * 1, 0.3 * 4, 0.11 * 2; the last one is sure
    voxels = [voxel(0, 150, 0.4), voxel(2, 450, 0.7), voxel(4, 250, 0.89), voxel(6, 450, 0.91)]
    found = _Case(voxels).doubts.doubtful_lesions()
    assert [lesion.at_stake for lesion in found] == pytest.approx([1.2, 0.6, 0.22])
    assert [lesion.lesions for lesion in found] == [(2,), (1,), (3,)]
    assert _Case(voxels, protocol=ScoringProtocol(smallest=1.5)).doubts.doubtful_lesions() == []


def test_voxels_of_130_hu_count_in_the_score_and_not_in_the_doubt() -> None:
    case = _Case(_LAD, at_130_hu=[(0, 1, 3), (1, 1, 2)])
    (found,) = case.doubts.doubtful_lesions()
    # three voxels of weight 2 in the first slice, one of weight 1 in the second
    assert found.score.agatston == pytest.approx(3 * 2 + 1)
    assert found.said.doubt == pytest.approx(0.39)
    strict = _Case(_LAD, at_130_hu=[(0, 1, 3), (1, 1, 2)], protocol=ScoringProtocol(strictly_above=True))
    (found,) = strict.doubts.doubtful_lesions()
    assert found.score.agatston == pytest.approx(4)


def test_of_equally_bright_voxels_the_first_is_named() -> None:
    voxels = [voxel._replace(hu=250) for voxel in _LAD]
    (found,) = _Case(voxels).doubts.doubtful_lesions()
    assert found.peak_ijk == (1, 1, 0)


def test_the_document_lists_so_many_and_says_how_many_more() -> None:
    places = [(0, row, column) for row in range(0, 16, 2) for column in range(0, 16, 2)][: MOST_LISTED + 3]
    voxels = [
        _Voxel(place, 250, "LAD", "LAD", 0.2 + 0.01 * number, {"LAD": 1.0})
        for number, place in enumerate(places)
    ]
    document = _Case(voxels, shape=(1, 16, 16)).document()
    listed = document["uncertainty"]["doubtful_lesions"]
    assert len(listed) == MOST_LISTED
    assert document["uncertainty"]["doubtful_lesions_left_out"] == 3
    assert [each["at_stake"] for each in listed] == sorted(
        (each["at_stake"] for each in listed), reverse=True
    )
    assert document["notes"] == []
    assert len(document["lesions"]) == MOST_LISTED + 3
    assert document["lesions"][0]["uncertainty"]["doubt"] == pytest.approx(0.8)
