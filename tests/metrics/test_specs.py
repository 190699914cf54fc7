import subprocess
import sys

import pytest
from pydantic import ValidationError

from bvtk.component import dump, parse
from bvtk.metrics.specs import BetaVaeScore, Mig
from tests.metrics.representations import perfect


def test_defaults():
    assert dump(BetaVaeScore()) == {
        "type": "beta_vae_score",
        "protocol": "paper",
        "pairs": None,
        "train_points": 10_000,
        "test_points": 5_000,
        "classifiers": 3,
    }
    assert dump(Mig()) == {"type": "mig", "bins": 20, "points": 10_000}


@pytest.mark.parametrize("bad", [{"protocol": "dlbi"}, {"pairs": 0}, {"pairs": "64"}, {"seeds": 3}])
def test_what_recipes_may_not_say(bad):
    with pytest.raises(ValidationError):
        parse(BetaVaeScore, bad)


@pytest.mark.parametrize("spec", [BetaVaeScore(train_points=50, test_points=50), Mig(points=50)])
def test_builds_a_function_of_codes_and_seed(spec):
    assert 0 <= spec.build()(perfect(n=100), 0)["score"] <= 1


def test_loading_the_specs_imports_no_numerics():
    code = "import sys, bvtk.metrics.specs; print([m for m in ('numpy', 'sklearn', 'torch') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
