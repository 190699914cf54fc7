import pytest
from pydantic import ValidationError

from bvtk.component import objectives, parse


def test_the_defaults_are_the_papers():
    spec = parse(objectives.get("control_vae"), {})
    assert (spec.kp, spec.ki, spec.beta_min, spec.beta_max) == (0.01, 0.001, 1.0, None)
    target = spec.target.build(1)
    assert [target(step) for step in (0, 4999, 5000, 10**7)] == pytest.approx([0.5, 0.5, 0.65, 18.0])


def test_beta_max_below_beta_min_is_refused():
    with pytest.raises(ValidationError, match=r"beta_max must be above beta_min \(2\), found 1"):
        parse(objectives.get("control_vae"), {"beta_min": 2, "beta_max": 1})
