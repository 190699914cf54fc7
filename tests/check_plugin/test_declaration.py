import pytest

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
            "field 'width' has neither a default nor an example, so nothing could be built: give it one, "
            "or write `width: … = Field(examples=[…])` with a value to try",
        ),
        ("width: PositiveInt = 3", "field 'width': write a docstring on the line below"),
        (
            "width: PositiveInt = 3\n            depth: PositiveInt = 3",
            "fields 'width', 'depth': write a docstring on the line below",
        ),
        (
            'width: PositiveInt = -3\n            """Units."""',
            "refuses its own default or example of 'width': Input should be greater than 0",
        ),
    ],
)
def test_fields_that_are_not_declared_whole(tmp_path, fields, message):
    assert problems(tmp_path, encoder(fields)) == [f"encoder 'mine': {message}"]


def test_a_component_needs_a_docstring(tmp_path):
    assert problems(tmp_path, encoder("", docs="")) == [
        "encoder 'mine': has no docstring: its first line is what `bvtk ls` shows"
    ]


@pytest.mark.parametrize(
    ("kind", "default"), [("Weight", "2.0"), ("Schedule", "-1"), ("Encoder", '"mlp"'), ("Optimizer", '{"type": "sgd"}')]
)
def test_a_default_is_what_a_recipe_would_say(tmp_path, kind, default):
    assert problems(tmp_path, encoder(f'part: bvtk.{kind} = {default}\n            """A part."""')) == []


def test_a_default_that_its_slot_refuses_is_told_in_one_line(tmp_path):
    assert problems(tmp_path, encoder('part: bvtk.Weight = -2.0\n            """A part."""')) == [
        "encoder 'mine': refuses its own default or example of 'part': must be at least 0, found -2"
    ]


@pytest.mark.parametrize(
    "fields",
    [
        'width: PositiveInt = Field(examples=[8])\n            """Units."""',
        'inner: bvtk.Encoder\n            """Another one."""',
    ],
)
def test_required_fields_are_filled_by_examples_and_stand_ins(tmp_path, fields):
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
        f"imports {name} at its top (line {line}), so `bvtk ls` and `validate` wait for it; import it inside build"
        for name, line in (("numpy", 1), ("torch", 2))
    ]
    assert not [f for f in found if f.level == "problem"]
