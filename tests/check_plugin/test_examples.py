from __future__ import annotations

import numpy as np
import pytest

from bvtk.check_plugin.examples import ExampleData, find_example_pass, model_inputs
from bvtk.component import models, parse
from bvtk.plugins import discover
from bvtk.protocols import ImageShape, missing_members

from .authors import HEAD, findings, module, problems

BUILD = """
            def build(self, image, outputs):
                from torch import nn

                return nn.Sequential(nn.Flatten(), nn.Linear(image.pixels, outputs))
"""


def encoder(fields: str, docs: str = '"""Mine."""') -> str:
    return f"""
        @bvtk.register_encoder("mine")
        class Mine(bvtk.EncoderSpec):
            {docs}

            {fields}
{BUILD}
    """


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            'width: PositiveInt\n            """Units."""',
            "field 'width' has no default and no example, so the component can't be tried: add a default, "
            "or an example with `width: … = Field(examples=[…])`",
        ),
        ("width: PositiveInt = 3", "no docstring for field 'width': write one on the line below"),
        (
            "width: PositiveInt = 3\n            depth: PositiveInt = 3",
            "no docstring for fields 'width', 'depth': write one on the line below",
        ),
        (
            'width: PositiveInt = -3\n            """Units."""',
            "the default or example of 'width' is invalid: Input should be greater than 0",
        ),
    ],
)
def test_fields_with_incomplete_declarations(tmp_path, fields, message):
    assert problems(tmp_path, encoder(fields)) == [f"encoder 'mine': {message}"]


def test_a_component_needs_a_docstring(tmp_path):
    assert problems(tmp_path, encoder("", docs="")) == [
        "encoder 'mine': has no docstring: write one; `bvtk ls` shows its first line"
    ]


@pytest.mark.parametrize(
    ("kind", "default"), [("Weight", "2.0"), ("Schedule", "-1"), ("Encoder", '"mlp"'), ("Optimizer", '{"type": "sgd"}')]
)
def test_defaults_may_be_written_as_in_a_recipe(tmp_path, kind, default):
    assert problems(tmp_path, encoder(f'part: bvtk.{kind} = {default}\n            """A part."""')) == []


def test_an_invalid_default_of_a_slot_is_one_problem(tmp_path):
    assert problems(tmp_path, encoder('part: bvtk.Weight = -2.0\n            """A part."""')) == [
        "encoder 'mine': the default or example of 'part' is invalid: must be at least 0, found -2"
    ]


@pytest.mark.parametrize(
    "fields",
    [
        'width: PositiveInt = Field(examples=[8])\n            """Units."""',
        'inner: bvtk.Encoder\n            """Another one."""',
    ],
)
def test_required_fields_get_examples_or_default_components(tmp_path, fields):
    assert problems(tmp_path, encoder(fields)) == []


def test_a_file_without_components(tmp_path):
    found = findings(tmp_path, "")
    assert [f.level for f in found] == ["problem"]
    assert "registers no component: decorate a spec" in str(found[0])


def test_heavy_imports_at_the_top_are_a_note(tmp_path):
    head = "import numpy as np\nfrom torch.nn import functional\nif False:\n    import sklearn\n" + HEAD.replace(
        "from __future__ import annotations\n", ""
    )
    found = findings(tmp_path, module("return self.layer(x.flatten(1))"), head)
    notes = [f.message for f in found if f.level == "note"]
    assert notes == [
        f"imports {name} at its top (line {line}), which makes `bvtk ls` and `validate` slow: import it inside build"
        for name, line in (("numpy", 1), ("torch", 2))
    ]
    assert not [f for f in found if f.level == "problem"]


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
