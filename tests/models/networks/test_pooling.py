"""Unpooling convolutions against convolutions of the unpooled image."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from bvtk.errors import UsageError
from bvtk.models.networks.pooling import UnpoolConv2d, corner_kernel
from bvtk.protocols import ImageShape
from tests.models.builders import decoder, encoder, parameters

ENCODER = (9 * 1 * 96 + 96) + (9 * 96 * 48 + 48) + (9 * 48 * 48 + 48) + (48 * 8 * 8 * 20 + 20)
DECODER = (10 * 3072 + 3072) + (9 * 48 * 48 + 48) + (9 * 48 * 96 + 96) + (9 * 96 * 1 + 1)


def test_parameters():
    assert parameters(encoder("dc_ign")) == ENCODER
    assert parameters(decoder("dc_ign")) == DECODER


def test_kernels_at_a_corner_are_sums():
    kernel = corner_kernel(torch.arange(1.0, 10.0).reshape(1, 1, 3, 3))
    # 1 2 3 / 4 5 6 / 7 8 9: above the corner rows 1+2 and 3, below it 1 and 2+3; columns likewise.
    above_left, _, _, below_right = kernel[:, 0].tolist()
    assert above_left == [[1 + 2 + 4 + 5, 3 + 6], [7 + 8, 9]]
    assert below_right == [[1, 2 + 3], [4 + 7, 5 + 6 + 8 + 9]]


def enlarged(layer, x):
    large = functional.interpolate(x, scale_factor=2, mode="nearest")
    return functional.conv2d(large, layer.weight, layer.bias, padding=1)


@pytest.mark.parametrize("size", [(1, 1), (4, 4), (3, 5)])
def test_it_equals_the_convolution_of_the_unpooled_image(size):
    torch.manual_seed(0)
    layer = UnpoolConv2d(3, 5).double()
    x = torch.randn(2, 3, *size, dtype=torch.float64, requires_grad=True)
    found, wanted = layer(x), enlarged(layer, x)
    torch.testing.assert_close(found, wanted)
    above = torch.randn_like(wanted)
    variables = (x, layer.weight, layer.bias)
    gradients = torch.autograd.grad(found, variables, above), torch.autograd.grad(wanted, variables, above)
    torch.testing.assert_close(*gradients)


def test_extra_rows_and_columns_continue_into_the_padding():
    torch.manual_seed(0)
    layer, x = UnpoolConv2d(2, 2, extra=(1, 1)), torch.randn(1, 2, 3, 4)
    large = functional.pad(functional.interpolate(x, scale_factor=2, mode="nearest"), (1, 2, 1, 2))
    torch.testing.assert_close(layer(x), functional.conv2d(large, layer.weight, layer.bias))


def test_channels_stay_last_in_memory():
    layer = UnpoolConv2d(8, 4).to(memory_format=torch.channels_last)
    x = torch.randn(2, 8, 4, 4).contiguous(memory_format=torch.channels_last)
    assert layer(x).stride(1) == 1


def test_pooling_before_the_activation_changes_nothing():
    torch.manual_seed(0)
    network, x = encoder("dc_ign", ImageShape(1, 16, 16), 4), torch.rand(2, 1, 16, 16)
    h = x
    for layer in network.convolutions:
        if isinstance(layer, nn.Conv2d):
            h = functional.max_pool2d(functional.relu(layer(h)), 2)
    torch.testing.assert_close(network(x), network.output(h.flatten(1)))


@pytest.mark.parametrize("image", [ImageShape(3, 8, 8), ImageShape(1, 17, 23), ImageShape(2, 12, 31)], ids=str)
def test_images_of_many_sizes(image):
    torch.manual_seed(0)
    assert encoder("dc_ign", image, 6)(torch.rand(2, *image)).shape == (2, 6)
    assert decoder("dc_ign", image, 3)(torch.rand(2, 3)).shape == (2, *image)


@pytest.mark.parametrize("build", [encoder, decoder])
def test_too_small_images_are_refused(build):
    with pytest.raises(UsageError, match="at least 8×8 pixels for 3 poolings, found 1×7×64"):
        build("dc_ign", ImageShape(1, 7, 64))
