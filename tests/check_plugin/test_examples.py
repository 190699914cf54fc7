import numpy as np

from bvtk.check_plugin.examples import ExampleData, find_example_pass, model_inputs
from bvtk.component import models, parse
from bvtk.plugins import discover
from bvtk.protocols import ImageShape, missing_members

discover(installed=False)


def test_example_data_are_a_data_set():
    data = ExampleData(ImageShape(3, 8, 6))
    index = np.arange(len(data))
    assert missing_members(data) == []
    assert len(data) == 384
    assert data.images(index[:5]).shape == (5, 3, 8, 6)
    assert np.array_equal(data.index_of(data.factors(index)), index)


def test_a_batch_has_what_the_model_takes():
    data = ExampleData(ImageShape(1, 8, 8))
    assert set(model_inputs(parse(models.get("vae"), {"encoder": "mlp", "decoder": "mlp"}), data)) == {"x"}
    inputs = model_inputs(parse(models.get("dc_ign"), {}), data)
    assert set(inputs) == {"x", "varied"}
    assert inputs["varied"] in data.factor_names


def test_a_pass_gives_what_is_needed():
    found = find_example_pass(frozenset({"adversaries"}))
    assert found is not None
    assert found.outputs.real_logits.requires_grad
    assert find_example_pass(frozenset({"telepathy"})) is None
