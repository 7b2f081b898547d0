"""Not reviewed is not zero."""

import numpy as np
from CACScoringLib.scoring.protocol import ScoringProtocol
from CACScoringLib.scoring.scored_scan import as_json, scored_scan
from volumes import blocks, scan_of

HU = blocks((4, 12, 12), (1, 3, slice(3, 6), 300), (2, 8, 8, 200))
SCAN = scan_of(HU)


def scored(labels=None, **options):
    return scored_scan(SCAN, ScoringProtocol(), labels, **options)


def test_without_labels_nothing_is_known():
    result = scored()
    assert (result.candidates, str(result.review), result.scores) == (2, "not reviewed, 0 of 4 slices", None)
    document = as_json(result)
    assert document["total"]["agatston"] is None
    unknown = dict.fromkeys(("agatston", "volume_mm3", "mass_mg", "density", "lesions"))
    assert document["arteries"]["LAD"] == unknown
    assert document["review"] == {"slices": 4, "signed_off": None, "state": "not reviewed, 0 of 4 slices"}
    assert document["risk"]["category"] is None


def test_empty_labels_are_not_a_score_of_zero():
    result = scored(np.zeros(HU.shape, np.uint8))
    assert result.scores is None
    assert str(result.review) == "not reviewed, 0 of 4 slices"


def test_other_everywhere_is_a_score_of_zero():
    result = scored((HU >= 130).astype(np.uint8))
    assert str(result.review) == "reviewed, 4 of 4 slices"
    assert result.scores is not None
    assert (result.scores.total.agatston, result.risk_category) == (0, "0")


def test_one_lesion_left_leaves_its_slice_unreviewed():
    labels = np.where(HU == 300, 2, 0).astype(np.uint8)
    result = scored(labels)
    assert str(result.review) == "not reviewed, 3 of 4 slices"
    assert result.scores is not None
    assert result.scores.total.agatston == 9
    assert as_json(result)["review"]["signed_off"] == 3


def test_a_reader_may_sign_off_what_is_unlabelled():
    result = scored(np.zeros(HU.shape, np.uint8), signed_off=True)
    assert result.review.complete
    assert result.scores is not None
    assert result.scores.total.agatston == 0
