import pytest
import torch
from torch import nn

from bvtk.check_plugin.findings import CheckFailed
from bvtk.check_plugin.modules import check_finite, check_gradients, check_images, seeded
from bvtk.protocols import ImageShape


def test_a_seed_decides_the_module():
    first, second, other = (seeded(lambda: nn.Linear(2, 2), seed) for seed in (0, 0, 1))
    assert torch.equal(first.weight, second.weight)
    assert not torch.equal(first.weight, other.weight)
    with pytest.raises(CheckFailed, match=r"returned str, expected a torch\.nn\.Module"):
        seeded(lambda: "module")


@pytest.mark.parametrize(
    ("tensor", "message"),
    [
        (torch.tensor([1]), "codes has type torch.int64, expected floating point"),
        (torch.tensor([float("nan")]), "codes contains NaN or infinity"),
    ],
)
def test_tensors_must_be_finite_numbers(tensor, message):
    with pytest.raises(CheckFailed, match=message):
        check_finite("codes", tensor)


def test_a_loss_must_have_a_gradient_for_every_parameter():
    used, unused = torch.ones(1, requires_grad=True), torch.ones(1, requires_grad=True)
    check_gradients("'loss'", used.sum(), {"used": used})
    with pytest.raises(CheckFailed, match="'loss' has no gradient for 'unused'"):
        check_gradients("'loss'", used.sum(), {"used": used, "unused": unused})


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (torch.zeros(4, 1, 2, 3), r"mean returned \(4, 1, 2, 3\), expected \(4, 1, 2, 2\)"),
        (torch.full((4, 1, 2, 2), 1.5), "mean returned values from 1.5 to 1.5, expected 0 to 1"),
    ],
)
def test_images_must_have_their_shape_and_range(images, message):
    with pytest.raises(CheckFailed, match=message):
        check_images("mean", images, ImageShape(1, 2, 2))
