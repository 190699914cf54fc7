import torch
from torch import nn

from bvtk.component import models, parse
from bvtk.layers import Layer, describe_layers
from bvtk.protocols import ImageShape

SPRITES = ImageShape(1, 64, 64)


def vae(image=SPRITES, **fields):
    return parse(models.get("vae"), {"encoder": "burgess", "decoder": "burgess"} | fields).build(image)


def test_every_layer_of_a_vae_with_its_shape_and_parameters():
    layers = describe_layers(vae(), SPRITES)
    assert layers.rows[:3] == (
        Layer("encoder.convolutions.conv1", "Conv2d", (32, 32, 32), 16 * 32 + 32),
        Layer("encoder.convolutions.relu1", "ReLU", (32, 32, 32), 0),
        Layer("encoder.convolutions.conv2", "Conv2d", (32, 16, 16), 16 * 32 * 32 + 32),
    )
    assert Layer("encoder.output", "Linear", (20,), 256 * 20 + 20) in layers.rows
    assert layers.rows[-1] == Layer("decoder.convolutions.deconv4", "ConvTranspose2d", (1, 64, 64), 16 * 32 + 1)
    assert layers.parts == {"encoder": 252_052, "decoder": 249_953}
    assert layers.parameters == 502_005


def test_layers_that_are_never_called_count_too():
    layers = describe_layers(vae(likelihood={"type": "gaussian", "sigma": "learned"}), SPRITES)
    assert layers.rows[-1] == Layer("likelihood", "Gaussian", (), 1)
    assert layers.parts["likelihood"] == 1


def test_parameters_of_the_model_itself_have_their_own_rows():
    model = vae()
    model.codebook = nn.Parameter(torch.zeros(10, 4))
    layers = describe_layers(model, SPRITES)
    assert layers.rows[-1] == Layer("codebook", "parameter", (10, 4), 40)
    assert layers.parts == {"encoder": 252_052, "decoder": 249_953, "codebook": 40}


def described(name, **fields):
    spec = parse(models.get(name), fields)
    return describe_layers(spec.build(SPRITES), SPRITES, spec)


def test_a_fitted_model_lists_its_arrays():
    layers = described("pca", latents=10)
    assert layers.rows[0] == Layer("encode", "Linear", (10,), 0)
    assert Layer("encoder_weight", "buffer", (10, 4096), 40_960) in layers.rows
    assert layers.parameters == sum(row.parameters for row in layers.rows) > 40_960


def test_models_that_learn_nothing_have_no_parameters():
    assert described("pixels").rows == (Layer("encode", "Pixels", (4096,), 0),)
    assert described("ground_truth").parameters == 0


def test_an_adversarial_model_lists_both_networks():
    assert {"generator", "discriminator"} <= set(described("infogan").parts)


class Foreign(nn.Module):
    """Parameters beside children, a layer used twice, a tied weight, several outputs, batch norm."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(3))
        self.norm = nn.BatchNorm2d(3)
        self.layer = nn.Linear(8, 8)
        self.tied = nn.Linear(8, 8, bias=False)
        self.tied.weight = self.layer.weight
        self.memory = nn.GRU(8, 5, batch_first=True)

    def forward(self, x):
        x = self.norm(x * self.scale[:, None, None]).flatten(1, 2)
        return self.memory(self.tied(self.layer(self.layer(x))))


class Model(nn.Module):
    """The least that can be described."""

    def __init__(self):
        super().__init__()
        self.encoder = Foreign()

    def forward(self, x, generator):
        return self.encoder(x)


def test_a_foreign_module_is_described_whole_and_left_as_it_was():
    model = Model()
    model.encoder.norm.eval()
    state = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    random = torch.get_rng_state()
    layers = describe_layers(model, ImageShape(3, 8, 8))
    assert layers.rows == (
        Layer("encoder.norm", "BatchNorm2d", (3, 8, 8), 6),
        Layer("encoder.layer", "Linear", (24, 8), 72),
        Layer("encoder.tied", "Linear", (24, 8), 0),
        Layer("encoder.memory", "GRU", (24, 5), 3 * 5 * (8 + 5) + 2 * 3 * 5),
        Layer("encoder", "Foreign", (24, 5), 3),
    )
    assert layers.parameters == sum(p.numel() for p in model.parameters())
    assert (model.training, model.encoder.norm.training) == (True, False)
    assert all(torch.equal(state[name], tensor) for name, tensor in model.state_dict().items())
    assert torch.equal(torch.get_rng_state(), random)
    assert not model.encoder._forward_hooks
