from bvtk.component import dump, models, parse


def test_the_complete_recipe_of_a_model():
    recipe = dump(parse(models.get("vae"), {"encoder": "burgess", "decoder": {"type": "mlp", "hidden": [8]}}))
    assert recipe == {
        "type": "vae",
        "latents": 10,
        "encoder": {"type": "burgess", "hidden": 256},
        "decoder": {"type": "mlp", "hidden": [8], "activation": "relu"},
        "likelihood": {"type": "bernoulli"},
    }
