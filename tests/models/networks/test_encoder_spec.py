"""Parameter counts against sums by hand: a layer has kernel² · in · out weights and `out` biases."""

import pytest
import torch
from pydantic import ValidationError

from bvtk.component import encoders, parse
from bvtk.protocols import ImageShape
from tests.models.builders import CELEBA, NAMES, SPRITES, encoder, parameters

FC = 4096 * 1200 + 1200 + 1200 * 1200 + 1200 + 1200 * 20 + 20
HIGGINS_CONV = (
    (16 * 1 * 32 + 32)
    + (16 * 32 * 32 + 32)
    + (16 * 32 * 64 + 64)
    + (16 * 64 * 64 + 64)
    + (4 * 4 * 64 * 256 + 256)
    + (256 * 20 + 20)
)
BURGESS = (16 * 1 * 32 + 32) + 3 * (16 * 32 * 32 + 32) + (4 * 4 * 32 * 256 + 256) + (256 * 256 + 256) + (256 * 20 + 20)
LOCATELLO = (
    (16 * 1 * 32 + 32)
    + (16 * 32 * 32 + 32)
    + (4 * 32 * 64 + 64)
    + (4 * 64 * 64 + 64)
    + (4 * 4 * 64 * 256 + 256)
    + (256 * 20 + 20)
)


@pytest.mark.parametrize(
    ("name", "fields", "count"),
    [
        ("higgins_fc", {}, FC),
        ("higgins_conv", {}, HIGGINS_CONV),
        ("burgess", {}, BURGESS),
        ("burgess", {"hidden": 128}, BURGESS - 512 * 128 - 128 - 256 * 256 + 128 * 128 - 128 - 128 * 20),
        ("locatello", {}, LOCATELLO),
        ("mlp", {"hidden": [7, 5]}, 4096 * 7 + 7 + 7 * 5 + 5 + 5 * 20 + 20),
        ("mlp", {"hidden": []}, 4096 * 20 + 20),
        ("conv", {"channels": [8], "hidden": []}, 16 * 8 + 8 + 32 * 32 * 8 * 20 + 20),
        ("conv", {}, HIGGINS_CONV),
    ],
)
def test_parameters_of_encoders(name, fields, count):
    assert parameters(encoder(name, **fields)) == count


@pytest.mark.parametrize(("name", "kernels"), [("burgess", [4, 4, 4, 4]), ("locatello", [4, 4, 2, 2])])
def test_kernels_of_convolutional_encoders(name, kernels):
    convolutions = [m for m in encoder(name).modules() if isinstance(m, torch.nn.Conv2d)]
    assert [m.kernel_size[0] for m in convolutions] == kernels
    assert all(m.stride == (2, 2) for m in convolutions)


def test_names_of_tensors_are_readable():
    names = list(encoder("burgess").state_dict())
    assert names[:2] == ["convolutions.conv1.weight", "convolutions.conv1.bias"]
    assert names[-4:] == ["hidden.fc2.weight", "hidden.fc2.bias", "output.weight", "output.bias"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("image", [CELEBA, ImageShape(3, 48, 40), ImageShape(2, 17, 31)], ids=str)
def test_encoders_take_images_of_many_sizes(name, image):
    torch.manual_seed(0)
    assert encoder(name, image, 6)(torch.rand(2, *image)).shape == (2, 6)


@pytest.mark.parametrize("name", ["burgess", "locatello", "mlp"])
def test_channels_last_changes_nothing(name):
    torch.manual_seed(0)
    network, x = encoder(name, ImageShape(3, 32, 48)), torch.rand(2, 3, 32, 48)
    wanted = network(x)
    found = network.to(memory_format=torch.channels_last)(x.contiguous(memory_format=torch.channels_last))
    torch.testing.assert_close(found, wanted)


@pytest.mark.parametrize(
    ("name", "fields", "place"),
    [
        ("mlp", {"hidden": [64, 0]}, ("hidden", 1)),
        ("mlp", {"hidden": [64.5]}, ("hidden", 0)),
        ("mlp", {"hidden": 64}, ("hidden",)),
        ("mlp", {"activation": "softmax"}, ("activation",)),
        ("conv", {"channels": []}, ("channels",)),
        ("conv", {"kernel": 0}, ("kernel",)),
        ("burgess", {"widht": 64}, ("widht",)),
    ],
)
def test_wrong_fields_are_refused_at_their_place(name, fields, place):
    with pytest.raises(ValidationError) as caught:
        parse(encoders.get(name), fields)
    assert [e["loc"] for e in caught.value.errors()] == [place]


def test_sprites_have_one_channel():
    assert encoder("burgess", SPRITES).convolutions.conv1.in_channels == 1
