import pytest

from bvtk.component import objectives, parse


@pytest.mark.parametrize(("name", "factor"), [("dip_vae_i", 10.0), ("dip_vae_ii", 1.0)])
def test_the_defaults_are_the_papers(name, factor):
    spec = parse(objectives.get(name), {})
    assert (spec.lambda_od.build(1)(0), spec.lambda_d_factor.build(1)(0)) == (10.0, factor)
