from bvtk.metrics.keys import keys, settings
from bvtk.metrics.predictive_specs import Downstream
from bvtk.metrics.specs import BetaVaeScore, Mig


def test_a_metric_twice_is_told_apart_by_what_differs():
    dlib = BetaVaeScore(protocol="dlib", pairs=5)
    specs = [BetaVaeScore(), Mig(), dlib, Mig(bins=30), Mig()]
    assert keys(specs) == {
        "beta_vae_score": specs[0],
        "mig": specs[1],
        "beta_vae_score:protocol=dlib,pairs=5": dlib,
        "mig:bins=30": specs[3],
    }


def test_a_key_is_read_back_lists_included():
    few = Downstream(labels=(10, 100), rounds=5)
    _, key = keys([Downstream(), few])
    assert key == "downstream:labels=[10, 100],rounds=5"
    assert settings(key) == ("downstream", [("labels", "[10, 100]"), ("rounds", "5")])
    assert settings("mig") == ("mig", [])
