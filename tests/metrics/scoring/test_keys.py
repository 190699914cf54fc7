import pytest

from bvtk.metrics.beta_vae_score_spec import BetaVaeScore
from bvtk.metrics.downstream_spec import Downstream
from bvtk.metrics.mig_spec import Mig
from bvtk.metrics.scoring.keys import collapsed, keys, settings


def test_a_metric_with_other_settings_has_them_in_its_key():
    dlib = BetaVaeScore(protocol="dlib", pairs=5)
    specs = [BetaVaeScore(), Mig(), dlib, Mig(bins=30), Mig()]
    assert keys(specs) == {
        "beta_vae_score": specs[0],
        "mig": specs[1],
        "beta_vae_score:protocol=dlib,pairs=5": dlib,
        "mig:bins=30": specs[3],
    }


def test_keys_are_parsed_even_with_lists():
    few = Downstream(labels=(10, 100), rounds=5)
    _, key = keys([Downstream(), few])
    assert key == "downstream:labels=[10, 100],rounds=5"
    assert settings(key) == ("downstream", [("labels", "[10, 100]"), ("rounds", "5")])
    assert settings("mig") == ("mig", [])


@pytest.mark.parametrize(
    ("scores", "found"),
    [
        ({"held_out": {"active_units": 0}}, True),
        ({"held_out": {"active_units": 1}}, False),
        ({"mig": {"score": 0.0}}, False),
    ],
    ids=["no latent", "one latent", "no posterior"],
)
def test_collapse_is_detected_if_there_is_a_posterior(scores, found):
    assert collapsed(scores) is found
