from bvtk.component import dump, models, parse


def test_the_defaults_are_the_papers():
    assert dump(parse(models.get("infogan"), {})) == {
        "type": "infogan",
        "latents": 5,
        "noise": 5,
        "instance_noise": 0.2,
    }
