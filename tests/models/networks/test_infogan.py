import pytest
import torch

from bvtk.errors import UsageError
from bvtk.models.networks.infogan import Discriminator, Generator
from bvtk.protocols import ImageShape
from tests.models.builders import CELEBA, SPRITES, parameters

WIDE = ImageShape(3, 48, 40)


def test_the_generators_layers_are_the_papers():
    # FC 10·256 and 256·256, deconv 4·128, 128·64 and 64·1 with 4×4 kernels; 2 parameters per normalised unit, 1 bias.
    dense = 10 * 256 + 256 * 256 + 2 * (256 + 256)
    convolutions = 16 * (4 * 128 + 128 * 64 + 64) + 2 * (128 + 64) + 1
    assert parameters(Generator(10, SPRITES)) == dense + convolutions


def test_the_discriminators_layers_are_the_reverse():
    model = Discriminator(5, SPRITES)
    assert parameters(model.convolutions) == 16 * (64 + 64 * 128 + 128 * 4) + 64 + 2 * (128 + 4)
    assert parameters(model.decision) == 2 * 256 * 256 + 2 * 2 * 256 + 256 + 1
    assert parameters(model.recognition) == 256 * 128 + 2 * 128 + 128 * 10 + 10


def test_all_layers_except_the_generators_last_and_the_discriminators_first_are_normalised():
    generator, discriminator = Generator(10, SPRITES), Discriminator(5, SPRITES)
    normalised = [type(m).__name__ for m in generator.modules()].count("BatchNorm2d")
    assert normalised == 2
    assert isinstance(generator.convolutions[-1], torch.nn.ConvTranspose2d)
    assert isinstance(discriminator.convolutions[1], torch.nn.LeakyReLU)


@pytest.mark.parametrize("image", [SPRITES, CELEBA, WIDE], ids=str)
def test_images_of_every_shape_that_can_be_halved_three_times(image):
    images = Generator(7, image)(torch.rand(4, 7))
    assert images.shape == (4, *image)
    assert images.abs().max() <= 1
    discriminator = Discriminator(3, image)
    features = discriminator.features(images)
    assert discriminator.decide(features).shape == (4,)
    assert [t.shape for t in discriminator.recognise(features)] == [(4, 3), (4, 3)]


@pytest.mark.parametrize("network", [Generator, Discriminator])
def test_other_sizes_are_refused(network):
    with pytest.raises(UsageError, match=r"must be multiples of 8, found 1×28×28"):
        network(5, ImageShape(1, 28, 28))
