import json

import numpy as np
import pytest

from bvtk.component import MetricSpec
from bvtk.errors import BvtkError, UsageError
from bvtk.metrics.beta_vae_score_spec import BetaVaeScore
from bvtk.metrics.infomec_spec import InfoMec
from bvtk.metrics.mig_spec import Mig
from bvtk.metrics.modularity_explicitness_spec import ModularityExplicitness
from bvtk.metrics.sap_spec import Sap
from bvtk.metrics.scoring.compute import score
from bvtk.metrics.unsupervised_spec import Unsupervised
from tests.metrics.representations import labelled, perfect

QUICK = BetaVaeScore(train_points=200, test_points=200, pairs=10)


class Broken(MetricSpec):
    value: object = float("nan")

    def build(self):
        return lambda codes, seed: {"score": self.value}


Broken.component = "broken"


def test_one_json_entry_per_metric():
    scores = score(perfect(n=300), [QUICK, Mig()], seed=0)
    assert list(scores) == ["beta_vae_score", "mig"]
    assert json.loads(json.dumps(scores)) == scores


def test_a_score_does_not_depend_on_other_metrics():
    codes = perfect(n=300)
    assert score(codes, [Mig(), QUICK], 5)["beta_vae_score"] == score(codes, [QUICK], 5)["beta_vae_score"]


def test_codes_that_are_not_finite_are_an_error():
    codes = perfect(n=50)
    broken = codes.codes.copy()
    broken[7, 1] = np.nan
    with pytest.raises(UsageError, match="the first is nan at row 7, code 1"):
        score(labelled(broken, codes.factors), [Mig()], 0)


@pytest.mark.parametrize(("value", "message"), [(float("nan"), "not finite"), (np.zeros(2), "not a JSON value")])
def test_a_score_that_is_not_a_finite_json_value_is_an_error(value, message):
    with pytest.raises(BvtkError, match=f"broken: the score is {message}"):
        score(perfect(n=50), [Broken(value=value)], 0)


def test_real_factors_are_an_error_for_other_metrics():
    codes = perfect(n=400)
    real = labelled(codes.codes, codes.codes.astype(np.float64))  # each code is its factor with other numbers
    taken = [
        Sap(continuous_factors=True),
        InfoMec(continuous_factors=True),
        ModularityExplicitness(factor_bins=20),
        Unsupervised(),
    ]
    found = score(real, taken, 0)
    assert found["infomec"]["explicitness"] == pytest.approx(1.0)
    assert found["modularity_explicitness"] == score(codes, [taken[2]], 0)["modularity_explicitness"]
    assert found["sap"]["score"] == pytest.approx(score(codes, [taken[0]], 0)["sap"]["score"])
    with pytest.raises(UsageError, match=r"numbered from 0 \(mig, sap\), found real numbers") as caught:
        score(real, [Mig(), Sap(), Unsupervised()], 0)
    assert "with continuous_factors" in caught.value.hint
