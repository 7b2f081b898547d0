import numpy as np
import pytest
from CACScoringLib.errors import CACError
from CACScoringLib.scoring.protocol import ProtocolChoice, ScoringProtocol, protocol_named


def test_presets_hold_what_is_published():
    mtal = protocol_named("mtal2022")
    assert (mtal.strictly_above, mtal.too_small, mtal.smallest, mtal.risk_scheme) == (
        True,
        "lesion_volume",
        1.5,
        "mtal",
    )
    hong = protocol_named("hong2022")
    assert (hong.strictly_above, hong.too_small, hong.smallest) == (False, "lesion_area", 1.0)
    assert (hong.normalise_increment, hong.keep_lm_apart) == (False, True)
    orca = protocol_named("orcascore")
    assert (orca.strictly_above, orca.too_small, orca.risk_scheme) == (True, "nothing", "standard")


def test_unknown_preset_names_those_there_are():
    with pytest.raises(CACError, match="agatston, mtal2022, hong2022, orcascore"):
        protocol_named("agatson")


def test_every_field_can_be_set_by_text():
    protocol = ScoringProtocol().with_settings(
        [
            "threshold_hu=140",
            "strictly_above=true",
            "weight_steps_hu=140,220,310,410",
            "too_small=lesion_volume",
            "smallest=1.5",
            "normalise_increment=false",
            "keep_lm_apart=true",
            "risk_scheme=mtal",
            "mass_factor=0.78",
            "name=ours",
        ]
    )
    assert protocol == ScoringProtocol(
        "ours", 140, True, (140, 220, 310, 410), "lesion_volume", 1.5, False, True, "mtal", 0.78
    )
    assert protocol.with_settings(["mass_factor=none"]).mass_factor is None


def test_a_changed_preset_says_so():
    assert protocol_named("mtal2022").with_settings(["smallest=2"]).name == "mtal2022 (changed)"
    assert protocol_named("mtal2022").with_settings([]).name == "mtal2022"


def test_a_wrong_risk_scheme_names_those_there_are():
    with pytest.raises(CACError, match="standard, mtal"):
        ScoringProtocol().with_settings(["risk_scheme=none"])


@pytest.mark.parametrize(
    "setting",
    [
        "threshold=140",
        "threshold_hu",
        "threshold_hu=high",
        "threshold_hu=nan",
        "strictly_above=perhaps",
        "too_small=tiny",
        "smallest=-1",
        "mass_factor=0",
        "weight_steps_hu=1,2,3",
        "weight_steps_hu=400,300,200,130",
    ],
)
def test_a_wrong_setting_is_named(setting):
    with pytest.raises(CACError, match=setting.split("=")[0]):
        ScoringProtocol().with_settings([setting])


@pytest.mark.parametrize(
    ("kvp", "threshold", "four"), [(70, 207, 636), (80, 177, 544), (100, 145, 446), (120, 130, 400)]
)
def test_thresholds_of_tube_voltages(kvp, threshold, four):
    protocol = ProtocolChoice(from_tube_voltage=True).protocol_for(kvp)
    assert protocol.threshold_hu == threshold
    assert protocol.weights(np.array([threshold, four - 1, four])).tolist() == [1, 3, 4]


@pytest.mark.parametrize("kvp", [None, 140, 110])
def test_unknown_tube_voltage(kvp):
    with pytest.raises(CACError, match="70, 80, 100, 120 kV"):
        ProtocolChoice(from_tube_voltage=True).protocol_for(kvp)
    assert ProtocolChoice().protocol_for(kvp).threshold_hu == 130


def test_a_peak_below_the_first_step_weighs_one():
    assert ScoringProtocol(threshold_hu=100).weights(np.array([110.0, 130.0])).tolist() == [1, 1]
