"""Checks that hold for every `nn.Module`, whatever it computes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import safetensors.torch
import torch
from torch import nn

from bvtk.check_plugin.findings import Wrong, require
from bvtk.protocols import ImageShape

SHAPES = (ImageShape(1, 64, 64), ImageShape(3, 64, 64), ImageShape(1, 32, 32), ImageShape(3, 48, 40))
"""Images that components are tried on."""
BATCH = 4
SEED = 0

Forward = Callable[[nn.Module], torch.Tensor]
"""Passes a fixed input through a module."""


def seeded(build: Callable[[], object], seed: int = SEED) -> nn.Module:
    """What `build` gives under a seed, checked to be a module."""
    torch.manual_seed(seed)
    module = build()
    if not isinstance(module, nn.Module):
        raise Wrong(f"build(…) returned {type(module).__name__}, expected a torch.nn.Module")
    return module


def drawing(forward: Forward, module: nn.Module) -> torch.Tensor:
    """The output under a fixed seed, for modules that may draw random numbers."""
    torch.manual_seed(SEED)
    return forward(module)


def check_finite(what: str, tensor: torch.Tensor) -> None:
    """Raises `Wrong` where a tensor is no floating-point one or holds a NaN or an infinity."""
    require(tensor.is_floating_point(), f"{what} has type {tensor.dtype}, expected floating point")
    require(tensor.isfinite().all(), f"{what} holds NaN or infinity")


def check_gradients(module: nn.Module, loss: torch.Tensor) -> None:
    """Raises `Wrong` unless finite gradients of a loss reach every parameter."""
    module.zero_grad()
    require(loss.requires_grad or not list(module.parameters()), "its output carries no gradient")
    if loss.requires_grad:
        loss.backward()  # type: ignore[no-untyped-call]
    wanted = [(name, p) for name, p in module.named_parameters() if p.requires_grad]
    missed = [name for name, p in wanted if p.grad is None]
    require(not missed, f"no gradient reaches {_listed(missed)}: is it used in forward?")
    broken = [name for name, p in wanted if p.grad is not None and not p.grad.isfinite().all()]
    require(not broken, f"the gradient of {_listed(broken)} holds NaN or infinity")


def check_reached(what: str, loss: torch.Tensor, parameters: Mapping[str, torch.Tensor]) -> None:
    """Raises `Wrong` unless finite gradients of a loss, called so, reach all of these parameters; keeps the graph."""
    require(loss.requires_grad, f"{what} carries no gradient")
    gradients = torch.autograd.grad(loss, list(parameters.values()), retain_graph=True, allow_unused=True)
    found = dict(zip(parameters, gradients, strict=True))
    missed = [name for name, gradient in found.items() if gradient is None]
    require(not missed, f"no gradient of {what} reaches {_listed(missed)}")
    broken = [name for name, gradient in found.items() if gradient is not None and not gradient.isfinite().all()]
    require(not broken, f"the gradient of {what} for {_listed(broken)} holds NaN or infinity")


def check_images(what: str, images: torch.Tensor, image: ImageShape) -> None:
    """Raises `Wrong` unless a batch of images has this shape and lies within [0, 1]."""
    expected = (BATCH, *image)
    require(tuple(images.shape) == expected, f"{what} gives {tuple(images.shape)}, expected {expected}")
    check_finite(what, images)
    low, high = images.min().item(), images.max().item()
    require(low >= 0 and high <= 1, f"{what} gives values from {low:g} to {high:g}, expected them within [0, 1]")


def check_determinism(build: Callable[[], object], forward: Forward) -> None:
    """Raises `Wrong` unless the seed alone decides the parameters, and a module in eval mode draws nothing."""
    first, second = seeded(build).eval(), seeded(build).eval()
    mine, other = dict(_tensors(first)), dict(_tensors(second))
    differing = [name for name in mine if name not in other or not torch.equal(mine[name], other[name])]
    require(not differing, f"two builds under one seed gave {_listed(differing)} other values")
    with torch.no_grad():
        torch.manual_seed(SEED)
        output = forward(first)
        require(torch.equal(output, forward(first)), "gives another output for the same input in eval mode")
        require(torch.equal(output, forward(second)), "two builds under one seed gave other outputs")


def check_export(build: Callable[[], object], forward: Forward, fresh: Callable[[], object] | None = None) -> None:
    """Raises `Wrong` unless a module's tensors, and nothing else, carry all that it has learnt.

    Args:
        build: makes the module that is exported.
        forward: passes a fixed input through it.
        fresh: makes the module that an export is loaded into; `build` where None.
    """
    source, target = seeded(build).eval(), seeded(fresh or build, SEED + 1).eval()
    state = source.state_dict()
    other = [name for name, value in state.items() if not isinstance(value, torch.Tensor)]
    require(not other, f"{_listed(other)} in its state_dict is no tensor, and only tensors are exported")
    with torch.no_grad():
        for tensor in state.values():
            # What training would change, so that constants of build can't pass for saved state.
            if tensor.is_floating_point():
                tensor.mul_(1.01)
        packed = safetensors.torch.save({name: tensor.contiguous().clone() for name, tensor in state.items()})
        target.load_state_dict(safetensors.torch.load(packed))
        same = torch.equal(drawing(forward, source), drawing(forward, target))
    require(same, "gives other outputs after export and loading: keep what it learns in parameters or buffers")


def check_batches(module: nn.Module, x: torch.Tensor) -> None:
    """Raises `Wrong` where, in eval mode, the output for an input depends on what it is batched with."""
    module.eval()
    with torch.no_grad():
        whole, parts = module(x), torch.cat([module(x[:1]), module(x[1:])])
    require(
        torch.allclose(whole, parts, rtol=1e-3, atol=1e-4),
        "gives an input another output in another batch, in eval mode",
    )


def check_training_form(module: nn.Module, x: torch.Tensor, expected: tuple[int, ...]) -> None:
    """Raises `Wrong` unless a module works as training runs it: channels last, in bf16 autocast."""
    module = module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    x = x.contiguous(memory_format=torch.channels_last) if x.ndim == 4 else x
    try:
        with torch.autocast("cpu", torch.bfloat16):
            output = module(x)
    except RuntimeError as error:
        raise Wrong(
            f"fails as training runs it, channels_last in bf16 autocast: {error} "
            "(flatten or reshape in the place of view mends most of these)"
        ) from None
    require(tuple(output.shape) == expected, f"gives {tuple(output.shape)} under channels_last, expected {expected}")
    check_finite("its output in bf16 autocast", output)


def _tensors(module: nn.Module) -> list[tuple[str, torch.Tensor]]:
    return [(name, value) for name, value in module.state_dict().items() if isinstance(value, torch.Tensor)]


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(map(repr, names[:3])) + more
