import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

import bvtk.metrics
from bvtk.component import dump, parse
from bvtk.metrics.beta_vae_score_spec import BetaVaeScore
from bvtk.metrics.mig_spec import Mig
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
    files = sorted(Path(bvtk.metrics.__path__[0]).glob("*_spec.py"))
    names = [f"bvtk.metrics.{file.stem}" for file in files]
    assert "bvtk.metrics.mig_spec" in names
    code = f"import sys, {', '.join(names)}; print([m for m in ('numpy', 'sklearn', 'torch') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
