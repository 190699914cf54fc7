"""Parameter counts against sums by hand: a layer has kernel² · in · out weights and `out` biases."""

import pytest
import torch

from bvtk.protocols import ImageShape
from tests.models.builders import CELEBA, NAMES, decoder, encoder, parameters, vae

FC = 10 * 1200 + 1200 + 2 * (1200 * 1200 + 1200) + 1200 * 4096 + 4096
BURGESS = (10 * 256 + 256) + (256 * 256 + 256) + (256 * 512 + 512) + 3 * (16 * 32 * 32 + 32) + (16 * 32 * 1 + 1)
SIXTY_FOUR = (
    (10 * 256 + 256)
    + (256 * 1024 + 1024)
    + (16 * 64 * 64 + 64)
    + (16 * 64 * 32 + 32)
    + (16 * 32 * 32 + 32)
    + (16 * 32 * 1 + 1)
)


@pytest.mark.parametrize(
    ("name", "fields", "count"),
    [
        ("higgins_fc", {}, FC),
        ("higgins_conv", {}, SIXTY_FOUR),
        ("burgess", {}, BURGESS),
        ("locatello", {}, SIXTY_FOUR),
        ("mlp", {"hidden": [5, 7]}, 10 * 5 + 5 + 5 * 7 + 7 + 7 * 4096 + 4096),
        ("conv", {"channels": [8], "hidden": []}, 10 * 8 * 32 * 32 + 8 * 32 * 32 + 16 * 8 + 1),
        ("conv", {}, SIXTY_FOUR),
    ],
)
def test_parameters_of_decoders(name, fields, count):
    assert parameters(decoder(name, **fields)) == count


def test_parameters_of_whole_models():
    assert parameters(vae(encoder="burgess", decoder="burgess")) == 502_005
    assert parameters(vae(encoder="higgins_fc", decoder="higgins_fc")) == 14_196_516


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("image", [CELEBA, ImageShape(3, 48, 40), ImageShape(2, 17, 31)], ids=str)
def test_decoders_output_the_size_of_the_images(name, image):
    assert decoder(name, image, 4)(torch.zeros(2, 4)).shape == (2, *image)


@pytest.mark.parametrize("kernel", [1, 2, 3, 4, 5, 7])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("image", [ImageShape(1, 28, 28), ImageShape(3, 37, 22)], ids=str)
def test_conv_outputs_any_size(kernel, stride, image):
    fields = {"kernel": kernel, "stride": stride, "hidden": []}
    features = encoder("conv", image, 6, channels=[4, 5], **fields)(torch.zeros(1, *image))
    assert features.shape == (1, 6)
    assert decoder("conv", image, 3, channels=[5, 4], **fields)(torch.zeros(1, 3)).shape == (1, *image)


@pytest.mark.parametrize("name", ["burgess", "mlp"])
def test_channels_last_changes_nothing(name):
    torch.manual_seed(0)
    network, z = decoder(name, ImageShape(3, 32, 48)), torch.randn(2, 10)
    torch.testing.assert_close(network.to(memory_format=torch.channels_last)(z), network(z))
