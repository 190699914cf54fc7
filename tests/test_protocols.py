import pytest

from bvtk.component import models, parse
from bvtk.protocols import Decoding, Fitted, ImageShape, ScheduledValue, Trainable


def test_a_scheduled_value_depends_on_the_step_and_the_length_of_the_training():
    value = ScheduledValue(lambda step, steps: step / steps, 200)
    assert [value(step) for step in (0, 50, 200)] == [0.0, 0.25, 1.0]


@pytest.mark.parametrize(
    ("name", "fields", "fitted", "decoding"),
    [
        ("vae", {"encoder": "mlp", "decoder": "mlp"}, False, True),
        ("pca", {}, True, True),
        ("ground_truth", {}, True, False),
    ],
)
def test_the_methods_of_a_model_decide_what_it_can_do(name, fields, fitted, decoding):
    model = parse(models.get(name), fields).build(ImageShape(1, 8, 8))
    assert isinstance(model, Trainable)
    assert (isinstance(model, Fitted), isinstance(model, Decoding)) == (fitted, decoding)
