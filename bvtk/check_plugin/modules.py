"""Checks of any `nn.Module`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import safetensors.torch
import torch
from torch import nn

from bvtk.check_plugin.findings import CheckFailed, require
from bvtk.protocols import ImageShape

SHAPES = (ImageShape(1, 64, 64), ImageShape(3, 64, 64), ImageShape(1, 32, 32), ImageShape(3, 48, 40))
"""Shapes of images to try components on."""
BATCH = 4
SEED = 0
TRAINING_STEPS = 1000

Forward = Callable[[nn.Module], torch.Tensor]
"""Computes the output of a module for a fixed input."""


def seeded(build: Callable[[], object], seed: int = SEED) -> nn.Module:
    """The module that `build` returns with a seed; checks that it is a module."""
    torch.manual_seed(seed)
    module = build()
    if not isinstance(module, nn.Module):
        raise CheckFailed(f"build(…) returned {type(module).__name__}, expected a torch.nn.Module")
    return module


def check_finite(what: str, tensor: torch.Tensor) -> None:
    """Raises `CheckFailed` if a tensor is not floating point or not finite."""
    require(tensor.is_floating_point(), f"{what} has type {tensor.dtype}, expected floating point")
    require(tensor.isfinite().all(), f"{what} contains NaN or infinity")


def parameters_of(module: nn.Module) -> dict[str, torch.Tensor]:
    """The parameters that learn, by name."""
    return {name: parameter for name, parameter in module.named_parameters() if parameter.requires_grad}


def check_gradients(what: str, loss: torch.Tensor, parameters: Mapping[str, torch.Tensor]) -> None:
    """Raises `CheckFailed` unless all parameters get finite gradients of a loss named `what`; keeps the graph."""
    if not parameters:
        return
    require(loss.requires_grad, f"{what} has no gradient")
    gradients = torch.autograd.grad(loss, list(parameters.values()), retain_graph=True, allow_unused=True)
    found = dict(zip(parameters, gradients, strict=True))
    missed = [name for name, gradient in found.items() if gradient is None]
    broken = [name for name, gradient in found.items() if gradient is not None and not gradient.isfinite().all()]
    require(not missed, f"{what} has no gradient for {_listed(missed)}")
    require(not broken, f"the gradient of {what} for {_listed(broken)} contains NaN or infinity")


def check_images(what: str, images: torch.Tensor, image: ImageShape) -> None:
    """Raises `CheckFailed` unless a batch of images has this shape and lies within [0, 1]."""
    expected = (BATCH, *image)
    require(tuple(images.shape) == expected, f"{what} returned {tuple(images.shape)}, expected {expected}")
    check_finite(what, images)
    low, high = images.min().item(), images.max().item()
    require(low >= 0 and high <= 1, f"{what} returned values from {low:g} to {high:g}, expected 0 to 1")


def check_determinism(build: Callable[[], object], forward: Forward) -> None:
    """Raises `CheckFailed` unless parameters depend only on the seed, and outputs in eval mode are deterministic."""
    first, second = seeded(build).eval(), seeded(build).eval()
    mine, other = dict(_tensors(first)), dict(_tensors(second))
    differing = [name for name in mine if name not in other or not torch.equal(mine[name], other[name])]
    require(not differing, f"two builds with the same seed have different values in {_listed(differing)}")
    with torch.no_grad():
        torch.manual_seed(SEED)
        output = forward(first)
        require(torch.equal(output, forward(first)), "has different outputs for the same input in eval mode")
        require(torch.equal(output, forward(second)), "two builds with the same seed have different outputs")


def check_export(build: Callable[[], object], forward: Forward, fresh: Callable[[], object] | None = None) -> None:
    """Raises `CheckFailed` unless a module's tensors are its whole state; they are loaded into `fresh` or `build`."""
    source, target = seeded(build).eval(), seeded(fresh or build, SEED + 1).eval()
    state = source.state_dict()
    other = [name for name, value in state.items() if not isinstance(value, torch.Tensor)]
    require(not other, f"{_listed(other)} in its state_dict is not a tensor, but only tensors are exported")
    with torch.no_grad():
        for tensor in state.values():
            # Change the values, as training would, so that a rebuilt constant does not look like saved state.
            if tensor.is_floating_point():
                tensor.mul_(1.01)
        packed = safetensors.torch.save({name: tensor.contiguous().clone() for name, tensor in state.items()})
        target.load_state_dict(safetensors.torch.load(packed))
        outputs = []
        for module in (source, target):
            torch.manual_seed(SEED)  # for modules that draw random numbers
            outputs.append(forward(module))
    require(
        torch.equal(*outputs), "has different outputs after export and loading: keep all state in parameters or buffers"
    )


def check_batches(module: nn.Module, x: torch.Tensor) -> None:
    """Raises `CheckFailed` if, in eval mode, the output for an input depends on the rest of the batch."""
    module.eval()
    with torch.no_grad():
        whole, parts = module(x), torch.cat([module(x[:1]), module(x[1:])])
    close = torch.allclose(whole, parts, rtol=1e-3, atol=1e-4)
    require(close, "in eval mode, has different outputs for the same input in another batch")


def check_training_form(module: nn.Module, x: torch.Tensor, expected: tuple[int, ...]) -> None:
    """Raises `CheckFailed` unless a module works with channels_last and bf16 autocast, as in training."""
    module = module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    x = x.contiguous(memory_format=torch.channels_last) if x.ndim == 4 else x
    try:
        with torch.autocast("cpu", torch.bfloat16):
            output = module(x)
    except RuntimeError as error:
        what = f"fails with channels_last and bf16 autocast, as in training: {error}"
        raise CheckFailed(f"{what} (try flatten or reshape instead of view)") from None
    require(tuple(output.shape) == expected, f"returned {tuple(output.shape)} with channels_last, expected {expected}")
    check_finite("its output in bf16 autocast", output)


def _tensors(module: nn.Module) -> list[tuple[str, torch.Tensor]]:
    return [(name, value) for name, value in module.state_dict().items() if isinstance(value, torch.Tensor)]


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(map(repr, names[:3])) + more
