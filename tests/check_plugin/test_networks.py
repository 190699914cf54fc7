import pytest
import torch

from .authors import findings, module, problems

GOOD = "return self.layer(x.flatten(1))"


def test_a_sound_encoder_is_told_what_holds(tmp_path):
    found = findings(tmp_path, module(GOOD))
    assert {f.level for f in found} == {"ok"}
    assert {f.component for f in found} == {"encoder 'mine'"}
    assert [f.message for f in found] == [
        "it and its fields are documented",
        "gives (batch, outputs) for images of 1×64×64, 3×64×64, 1×32×32, 3×48×40",
        "gradients reach every parameter",
        "the seed alone decides its parameters and outputs",
        "an export holds all that it learns",
        "an input's output does not depend on its batch",
        "works channels last and in bf16, as training runs it",
    ]


@pytest.mark.parametrize(
    ("forward", "message"),
    [
        (
            "return self.layer(x.flatten(1))[:, :10]",
            "build(…) returned a module that gives (4, 10), expected (4, 20) = (batch, outputs)",
        ),
        ("return self.layer(x.flatten(1)) / 0", "its output holds NaN or infinity"),
        ("return self.layer(x.flatten(1)).long()", "its output has type torch.int64, expected floating point"),
        ("return (self.layer(x.flatten(1)),)", "the module gives tuple, expected a tensor"),
    ],
)
def test_outputs_that_are_wrong_for_every_shape_are_told_once(tmp_path, forward, message):
    assert problems(tmp_path, module(forward)) == [f"encoder 'mine': {message}"]


def test_one_shape_that_fails_is_named(tmp_path):
    body = module("return self.layer(x.flatten(1)[:, :3072])", "self.layer = nn.Linear(3072, outputs)")
    found = problems(tmp_path, body)
    assert len(found) == 1
    assert found[0].startswith("encoder 'mine': for 1×32×32 images raised RuntimeError: mat1 and mat2 shapes")
    assert found[0].endswith("plugin.py:21)")


@pytest.mark.parametrize(
    ("init", "forward", "message"),
    [
        (
            "self.layer = nn.Linear(image.pixels, outputs); self.unused = nn.Linear(2, 2)",
            GOOD,
            "no gradient reaches 'unused.weight', 'unused.bias': is it used in forward?",
        ),
        (
            "self.layer = nn.Linear(image.pixels, outputs)",
            "return self.layer(x.flatten(1)).detach()",
            "its output carries no gradient",
        ),
        (
            "self.layer = nn.Linear(image.pixels, outputs)",
            "return self.layer(x.flatten(1)) + torch.rand(1)",
            "gives another output for the same input in eval mode",
        ),
        (
            "self.layer = nn.Linear(image.pixels, outputs); import random; self.layer.bias.data += random.random()",
            GOOD,
            "two builds under one seed gave 'layer.bias' other values",
        ),
        (
            "self.layer = nn.Linear(image.pixels, outputs); self.offset = torch.rand(outputs)",
            "return self.layer(x.flatten(1)) + self.offset",
            "gives other outputs after export and loading: keep what it learns in parameters or buffers",
        ),
        (
            "self.layer = nn.Linear(image.pixels, outputs)",
            "y = self.layer(x.flatten(1)); return y - y.mean(0)",
            "gives an input another output in another batch, in eval mode",
        ),
    ],
)
def test_what_is_wrong_beyond_shapes_is_told(tmp_path, init, forward, message):
    assert problems(tmp_path, module(forward, init))[:1] == [f"encoder 'mine': for 1×64×64 images {message}"]


def test_view_fails_as_training_runs_it(tmp_path):
    found = problems(tmp_path, module("return self.layer(x.view(len(x), -1))"))
    assert len(found) == 1
    assert found[0].startswith("encoder 'mine': for 3×64×64 images fails as training runs it, channels_last in bf16")
    assert found[0].endswith("(flatten or reshape in the place of view mends most of these)")


def test_state_that_is_no_tensor_is_refused(tmp_path):
    body = module(GOOD).replace(
        "return Network()",
        "Network.get_extra_state = lambda self: {'steps': 1}; Network.set_extra_state = lambda self, state: None; "
        "return Network()",
    )
    where = "encoder 'mine': for 1×64×64 images"
    assert problems(tmp_path, body) == [
        f"{where} '_extra_state' in its state_dict is no tensor, and only tensors are exported"
    ]


def refusing(condition: str) -> str:
    refusal = f"from bvtk.errors import UsageError\n{' ' * 16}if {condition}: raise UsageError('grey images only')\n"
    return module(GOOD).replace("import torch\n", f"import torch\n{' ' * 16}{refusal}", 1)


def test_a_refused_shape_is_a_note(tmp_path):
    found = findings(tmp_path, refusing("image.channels > 1"))
    assert [str(f) for f in found if f.level != "ok"] == [
        "encoder 'mine': for 3×64×64, 3×48×40 images it refuses: grey images only",
    ]
    assert {f.level for f in found} == {"ok", "note"}
    assert "gives (batch, outputs) for images of 1×64×64, 1×32×32" in [f.message for f in found]


def test_one_that_refuses_every_shape_is_a_problem(tmp_path):
    assert problems(tmp_path, refusing("True")) == [
        "encoder 'mine': refuses images of every shape that was tried: 1×64×64, 3×64×64, 1×32×32, 3×48×40"
    ]


def test_what_build_returns_must_be_a_module(tmp_path):
    body = """
        @bvtk.register_encoder("mine")
        class Mine(bvtk.EncoderSpec):
            \"\"\"Mine.\"\"\"

            def build(self, image, outputs):
                return 7
    """
    assert problems(tmp_path, body)[0] == ("encoder 'mine': build(…) returned int, expected a torch.nn.Module")


def test_a_decoder_that_misses_the_size_of_the_images(tmp_path):
    body = """
        @bvtk.register_decoder("mine")
        class Mine(bvtk.DecoderSpec):
            \"\"\"Mine.\"\"\"

            def build(self, latents, image):
                from torch import nn

                return nn.Sequential(nn.Linear(latents, image.channels * 64 * 64), nn.Unflatten(1, (-1, 64, 64)))
    """
    assert problems(tmp_path, body) == [
        f"decoder 'mine': for {c}×{h}×{w} images build(…) returned a module that gives (4, {c}, 64, 64), "
        f"expected (4, {c}, {h}, {w}) = (batch, channels, height, width)"
        for c, h, w in [(1, 32, 32), (3, 48, 40)]
    ]


def test_the_callers_random_state_is_left_alone(tmp_path):
    torch.manual_seed(7)
    before = torch.get_rng_state()
    findings(tmp_path, module(GOOD))
    assert torch.equal(torch.get_rng_state(), before)
