import pytest
import torch

from .authors import findings, module, problems

GOOD = "return self.layer(x.flatten(1))"


def test_a_sound_encoder_passes_every_check(tmp_path):
    found = findings(tmp_path, module(GOOD))
    assert {f.level for f in found} == {"ok"}
    assert {f.component for f in found} == {"encoder 'mine'"}
    assert [f.message for f in found] == [
        "it and its fields are documented",
        "returns (batch, outputs) for images of 1×64×64, 3×64×64, 1×32×32, 3×48×40",
        "every parameter gets a gradient",
        "its parameters and outputs depend only on the seed",
        "an export contains its whole state",
        "outputs do not depend on the rest of the batch",
        "works with channels_last and bf16 autocast, as in training",
    ]


@pytest.mark.parametrize(
    ("forward", "message"),
    [
        (
            "return self.layer(x.flatten(1))[:, :10]",
            "the module returned (4, 10), expected (4, 20) = (batch, outputs)",
        ),
        ("return self.layer(x.flatten(1)) / 0", "its output contains NaN or infinity"),
        ("return self.layer(x.flatten(1)).long()", "its output has type torch.int64, expected floating point"),
        ("return (self.layer(x.flatten(1)),)", "the module returned tuple, expected a tensor"),
    ],
)
def test_the_same_problem_for_every_shape_is_one_finding(tmp_path, forward, message):
    assert problems(tmp_path, module(forward)) == [f"encoder 'mine': {message}"]


def test_a_failing_shape_is_named(tmp_path):
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
            "its output has no gradient for 'unused.weight', 'unused.bias'",
        ),
        (
            "self.layer = nn.Linear(image.pixels, outputs)",
            "return self.layer(x.flatten(1)).detach()",
            "its output has no gradient",
        ),
        (
            "self.layer = nn.Linear(image.pixels, outputs)",
            "return self.layer(x.flatten(1)) + torch.rand(1)",
            "has different outputs for the same input in eval mode",
        ),
        (
            "self.layer = nn.Linear(image.pixels, outputs); import random; self.layer.bias.data += random.random()",
            GOOD,
            "two builds with the same seed have different values in 'layer.bias'",
        ),
        (
            "self.layer = nn.Linear(image.pixels, outputs); self.offset = torch.rand(outputs)",
            "return self.layer(x.flatten(1)) + self.offset",
            "has different outputs after export and loading: keep all state in parameters or buffers",
        ),
        (
            "self.layer = nn.Linear(image.pixels, outputs)",
            "y = self.layer(x.flatten(1)); return y - y.mean(0)",
            "in eval mode, has different outputs for the same input in another batch",
        ),
    ],
)
def test_other_problems(tmp_path, init, forward, message):
    assert problems(tmp_path, module(forward, init))[:1] == [f"encoder 'mine': for 1×64×64 images {message}"]


def test_view_fails_with_channels_last(tmp_path):
    found = problems(tmp_path, module("return self.layer(x.view(len(x), -1))"))
    assert len(found) == 1
    assert found[0].startswith(
        "encoder 'mine': for 3×64×64 images fails with channels_last and bf16 autocast, as in training"
    )
    assert found[0].endswith("(try flatten or reshape instead of view)")


def test_state_that_is_not_a_tensor_is_a_problem(tmp_path):
    body = module(GOOD).replace(
        "return Network()",
        "Network.get_extra_state = lambda self: {'steps': 1}; Network.set_extra_state = lambda self, state: None; "
        "return Network()",
    )
    where = "encoder 'mine': for 1×64×64 images"
    assert problems(tmp_path, body) == [
        f"{where} '_extra_state' in its state_dict is not a tensor, but only tensors are exported"
    ]


def restricted(condition: str) -> str:
    refusal = f"from bvtk.errors import UsageError\n{' ' * 16}if {condition}: raise UsageError('grey images only')\n"
    return module(GOOD).replace("import torch\n", f"import torch\n{' ' * 16}{refusal}", 1)


def test_an_unsupported_shape_is_a_note(tmp_path):
    found = findings(tmp_path, restricted("image.channels > 1"))
    assert [str(f) for f in found if f.level != "ok"] == [
        "encoder 'mine': for 3×64×64, 3×48×40 images raised UsageError: grey images only",
    ]
    assert {f.level for f in found} == {"ok", "note"}
    assert "returns (batch, outputs) for images of 1×64×64, 1×32×32" in [f.message for f in found]


def test_an_encoder_that_supports_no_shape_is_a_problem(tmp_path):
    assert problems(tmp_path, restricted("True")) == [
        "encoder 'mine': failed for all image shapes: 1×64×64, 3×64×64, 1×32×32, 3×48×40"
    ]


def test_build_must_return_a_module(tmp_path):
    body = """
        @bvtk.register_encoder("mine")
        class Mine(bvtk.EncoderSpec):
            \"\"\"Mine.\"\"\"

            def build(self, image, outputs):
                return 7
    """
    assert problems(tmp_path, body)[0] == ("encoder 'mine': build(…) returned int, expected a torch.nn.Module")


def test_a_decoder_with_the_wrong_image_size(tmp_path):
    body = """
        @bvtk.register_decoder("mine")
        class Mine(bvtk.DecoderSpec):
            \"\"\"Mine.\"\"\"

            def build(self, latents, image):
                from torch import nn

                return nn.Sequential(nn.Linear(latents, image.channels * 64 * 64), nn.Unflatten(1, (-1, 64, 64)))
    """
    assert problems(tmp_path, body) == [
        f"decoder 'mine': for {c}×{h}×{w} images the module returned (4, {c}, 64, 64), "
        f"expected (4, {c}, {h}, {w}) = (batch, channels, height, width)"
        for c, h, w in [(1, 32, 32), (3, 48, 40)]
    ]


def test_the_callers_random_state_does_not_change(tmp_path):
    torch.manual_seed(7)
    before = torch.get_rng_state()
    findings(tmp_path, module(GOOD))
    assert torch.equal(torch.get_rng_state(), before)


def likelihood(nll: str, mean: str = "output.sigmoid()") -> str:
    return f'''
        @bvtk.register_likelihood("mine")
        class Mine(bvtk.LikelihoodSpec):
            """Mine."""

            def build(self, image):
                import torch
                from torch import nn

                class Pixels(nn.Module):
                    def nll(self, output, x):
                        return {nll}

                    def mean(self, output):
                        return {mean}

                return Pixels()
    '''


def test_a_sound_likelihood(tmp_path):
    assert problems(tmp_path, likelihood("(output - x).square().sum((1, 2, 3))")) == []


@pytest.mark.parametrize(
    ("nll", "mean", "message"),
    [
        ("(output - x).square().mean()", "output.sigmoid()", "nll returned (), expected (4,) = (batch,)"),
        ("(output - x).log().sum((1, 2, 3))", "output.sigmoid()", "nll contains NaN or infinity"),
        (
            "(output.detach() - x).square().sum((1, 2, 3))",
            "output.sigmoid()",
            "nll has no gradient",
        ),
    ],
)
def test_likelihoods_that_break_their_contract(tmp_path, nll, mean, message):
    assert problems(tmp_path, likelihood(nll, mean))[0] == f"likelihood 'mine': {message}"


def test_means_outside_the_unit_interval(tmp_path):
    found = problems(tmp_path, likelihood("(output - x).square().sum((1, 2, 3))", "output"))
    assert found[0].startswith("likelihood 'mine': for 1×64×64")
    assert "images mean returned values from -" in found[0]
    assert found[0].endswith("expected 0 to 1")
    assert found[-1].startswith("likelihood 'mine': failed for all image shapes: ")
