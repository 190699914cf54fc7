from bvtk.component import dump, models, parse


def test_pixels_learn_nothing():
    spec = parse(models.get("pixels"), {})
    assert dump(spec) == {"type": "pixels"}
    assert spec.learns == "nothing"
