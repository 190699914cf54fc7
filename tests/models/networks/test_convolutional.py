from __future__ import annotations

import pytest
import torch
from torch import nn

from bvtk.errors import UsageError
from bvtk.models.networks.convolutional import padding, shrink
from bvtk.protocols import ImageShape
from tests.models.builders import decoder, encoder


def test_layers_of_the_papers_dense_encoder():
    kinds = [type(m).__name__ for m in encoder("higgins_fc").modules() if not list(m.children())]
    assert kinds == ["Linear", "ReLU", "Linear", "ReLU", "Linear"]


def test_the_activation_follows_each_hidden_layer():
    kinds = [type(m).__name__ for m in encoder("mlp", hidden=[4, 4], activation="gelu").hidden]
    assert kinds == ["Linear", "GELU", "Linear", "GELU"]


def test_layers_of_the_papers_dense_decoder():
    kinds = [type(m).__name__ for m in decoder("higgins_fc").modules() if not list(m.children())]
    assert kinds == ["Linear", "Tanh"] * 3 + ["Linear"]


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
def test_errors_about_small_images_name_the_layer_and_a_fix(image, layer, left):
    with pytest.raises(UsageError) as caught:
        encoder("burgess", image)
    assert caught.value.message == (
        f"layer {layer} (4×4, stride 2) does not fit images of {image}: its input has only {left} pixels"
    )
    assert "`mlp`, which takes images of any size" in caught.value.hint


def test_errors_of_decoders_name_the_decoders_layer():
    with pytest.raises(UsageError, match=r"^layer deconv1 \(4×4, stride 2\) does not fit images of 3×12×12"):
        decoder("burgess", ImageShape(3, 12, 12))


def test_errors_name_layers_of_the_conv_encoder():
    # With 2 pixels of padding on each side: 64, 21, 7, 2, 1, and then 6 rows do not fit into 1 + 4.
    with pytest.raises(UsageError, match=r"^layer conv5 \(6×6, stride 3\) does not fit .* only 1×1 pixels"):
        encoder("conv", ImageShape(1, 64, 64), channels=[4] * 6, kernel=6, stride=3)
