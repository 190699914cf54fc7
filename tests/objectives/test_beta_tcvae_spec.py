from bvtk.component import dump, objectives, parse


def test_the_defaults_are_the_papers():
    spec = parse(objectives.get("beta_tcvae"), {})
    assert [weight.build(1)(0) for weight in (spec.alpha, spec.beta, spec.gamma)] == [1.0, 6.0, 1.0]
    assert dump(spec)["estimator"] == "weighted"
