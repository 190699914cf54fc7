"""The layers of a model, with output shapes and parameter counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from bvtk.component import ModelSpec
from bvtk.protocols import ImageShape


@dataclass(frozen=True)
class Layer:
    """One layer of a model.

    Args:
        name: its dotted name, as in the tensors of an export: `encoder.convolutions.conv1`.
        type: its class; `parameter` for an array of the model itself, `buffer` for one of a fitted model.
        output: shape of its output without the batch, or of the array; empty if the layer is never called.
        parameters: how many numbers it learns; shared parameters count only in the first layer that has them.
    """

    name: str
    type: str
    output: tuple[int, ...]
    parameters: int


@dataclass(frozen=True)
class Layers:
    """All layers of a model in the order of the forward pass, those that are never called last.

    `parts` counts parameters by direct child of the model: encoder, decoder, likelihood.
    """

    rows: tuple[Layer, ...]
    parts: dict[str, int]
    parameters: int


def describe_layers(model: nn.Module, image: ImageShape, spec: ModelSpec | None = None) -> Layers:
    """Passes one black image through a model and records the output of each layer.

    There is a row for every module without submodules, and for every other module with parameters of its own, so any
    `nn.Module` can be described. The model is left unchanged.

    A model that learns by steps is called with images and a generator. Other models encode the image, and their buffers
    are listed. A model that reads factors has only its buffers listed. Without a spec, a model learns by steps.
    """
    called = spec is None or spec.learns == "steps"
    reads_images = spec is None or spec.reads == "images"
    shapes = _output_shapes(model, image, called) if reads_images else {}
    modules = dict(model.named_modules())
    names = [*shapes, *(name for name in modules if name not in shapes)]
    counted: set[int] = set()
    rows: list[Layer] = []
    for name in names:
        own = {n: p for n, p in modules[name].named_parameters(recurse=False) if id(p) not in counted}
        counted.update(map(id, own.values()))
        leaf = not any(modules[name].children())
        if called and not name:
            rows += [Layer(n, "parameter", tuple(p.shape), p.numel()) for n, p in own.items()]
        elif own or (leaf and name in shapes):
            count = sum(p.numel() for p in own.values())
            rows.append(Layer(name or "encode", type(modules[name]).__name__, shapes.get(name, ()), count))
    if not called:
        rows += [Layer(name, "buffer", tuple(b.shape), b.numel()) for name, b in model.named_buffers()]
    parts: Counter[str] = Counter()
    for row in rows:
        parts[row.name.split(".")[0]] += row.parameters
    return Layers(tuple(rows), dict(parts), sum(parts.values()))


def _output_shapes(model: Any, image: ImageShape, called: bool) -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {}
    device = next((p.device for p in model.parameters()), torch.device("cpu"))
    x = torch.zeros(1, *image, device=device)
    with _recording_shapes(model, shapes), torch.no_grad():
        if called:
            model(x, torch.Generator().manual_seed(0))
        else:
            codes, _ = model.encode(x)
            shapes.setdefault("", tuple(codes.shape[1:]))
    return shapes


@contextmanager
def _recording_shapes(model: nn.Module, shapes: dict[str, tuple[int, ...]]) -> Iterator[None]:
    def record(name: str) -> Any:
        def hook(_module: nn.Module, _inputs: object, output: object) -> None:
            first = output[0] if isinstance(output, tuple | list) and output else output
            if isinstance(first, torch.Tensor):
                shapes.setdefault(name, tuple(first.shape[1:]))

        return hook

    modes = {module: module.training for module in model.modules()}
    hooks = [module.register_forward_hook(record(name)) for name, module in model.named_modules() if name]
    model.eval()
    try:
        yield
    finally:
        for handle in hooks:
            handle.remove()
        for module, training in modes.items():
            module.training = training
