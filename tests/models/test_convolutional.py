import pytest
import torch
from torch import nn

from bvtk.errors import UsageError
from bvtk.models.convolutional import padding, shrink
from bvtk.protocols import ImageShape

from .networks import decoder, encoder


@pytest.mark.parametrize("kernel", range(1, 8))
@pytest.mark.parametrize("stride", range(1, 4))
def test_sizes_are_those_of_torchs_convolution(kernel, stride):
    convolution = nn.Conv2d(1, 1, kernel, stride, padding(kernel))
    for size in range(8, 20):
        assert shrink(size, kernel, stride) == convolution(torch.zeros(1, 1, size, size)).shape[2]


@pytest.mark.parametrize(
    ("image", "layer", "left"),
    [
        (ImageShape(3, 12, 12), "conv4", "1×1"),
        (ImageShape(1, 64, 7), "conv3", "16×1"),
        (ImageShape(1, 1, 64), "conv1", "1×64"),
    ],
    ids=str,
)
def test_images_that_are_too_small_name_the_layer_and_the_remedy(image, layer, left):
    with pytest.raises(UsageError) as caught:
        encoder("burgess", image)
    assert caught.value.message == (
        f"layer {layer} (4×4, stride 2) no longer fits images of {image}: only {left} pixels are left there"
    )
    assert "`mlp`, which takes any size" in caught.value.hint


def test_a_decoder_names_its_own_layer():
    with pytest.raises(UsageError, match=r"^layer deconv1 \(4×4, stride 2\) no longer fits images of 3×12×12"):
        decoder("burgess", ImageShape(3, 12, 12))


def test_free_layers_are_counted_too():
    # With 2 pixels of padding: 64, 21, 7, 2, 1, and then 6 rows do not fit into 1 + 4.
    with pytest.raises(UsageError, match=r"^layer conv5 \(6×6, stride 3\) no longer fits .* only 1×1 pixels"):
        encoder("conv", ImageShape(1, 64, 64), channels=[4] * 6, kernel=6, stride=3)
