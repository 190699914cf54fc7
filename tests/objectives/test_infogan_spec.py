from bvtk.component import dump, objectives, parse


def test_the_defaults():
    spec = parse(objectives.get("infogan"), {})
    assert dump(spec)["information"] == {"type": "constant", "value": 1.0}
    assert dump(spec.discriminator_optimizer).items() >= {"type": "adam", "beta1": 0.5}.items()
    assert spec.optimizers()["discriminator"].lr.build(1)(0) == 2e-4
