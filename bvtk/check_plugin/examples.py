"""What a spec declares, and examples to try: of the spec, of data, and of training passes of registered models."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import ValidationError
from pydantic.fields import FieldInfo

from bvtk.check_plugin.findings import CheckFailed, Finding, Report, require
from bvtk.check_plugin.modules import BATCH, SEED, SHAPES, seeded
from bvtk.component import DatasetSpec, ModelSpec, Slot, Spec, dump, models, parse, samplers
from bvtk.data.factors import FactorGrid
from bvtk.data.imageset import ImageSet
from bvtk.docstrings import describe_fields
from bvtk.passes import Pass
from bvtk.protocols import Dataset, ImageShape
from bvtk.registry import Entry, Origin

HEAVY = ("torch", "numpy", "sklearn", "matplotlib", "einops")
"""Libraries that are slow to import."""
DEFAULTS: dict[str, Any] = {
    "encoder": {"type": "mlp", "hidden": [16]},
    "decoder": {"type": "mlp", "hidden": [16]},
    "likelihood": "bernoulli",
    "schedule": {"type": "constant", "value": 1.0},
}
"""Components for required slots without an example, by kind."""


def check_declaration(report: Report, item: type[Spec], folder: Path) -> Spec | None:
    """Checks documentation and fields. Returns the spec as `example` makes it, or None if that fails."""
    report.holds("it and its fields are documented", _documented, item)
    return report.tried("", example, item, folder)


def example(item: type[Spec], folder: Path | None = None) -> Spec:
    """A spec with the default of each field or, if there is none, its example.

    A data set may write example files into the folder.

    Raises:
        CheckFailed: if a required field has no example, or a default is invalid.
    """
    values = dict(item.example_fields(folder)) if folder and issubclass(item, DatasetSpec) else {}
    required = {name: info for name, info in item.model_fields.items() if info.is_required() and name not in values}
    values |= {name: _value(name, info) for name, info in required.items()}
    try:
        fields = dump(parse(item, values))
        fields.pop("type")
        return parse(item, fields)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"]))
        raise CheckFailed(f"the default or example of '{key}' is invalid: {first['msg']}") from None


def imports_at_top(origin: Origin, entries: Sequence[Entry[Any]]) -> list[Finding]:
    """A note for every slow library that a plugin's modules import when they load."""
    findings = []
    for file in dict.fromkeys(inspect.getsourcefile(entry.item) for entry in entries):
        body = ast.parse(Path(file).read_text(encoding="utf-8")).body if file else []
        for name, line in _imported(body):
            if name in HEAVY:
                message = f"imports {name} at its top (line {line}), which makes `bvtk ls` and `validate` slow"
                findings.append(Finding("note", str(origin), f"{message}: import it inside build"))
    return findings


def _imported(body: Sequence[ast.stmt]) -> Iterator[tuple[str, int]]:
    for statement in body:
        if isinstance(statement, ast.Import):
            yield from ((alias.name.split(".")[0], statement.lineno) for alias in statement.names)
        elif isinstance(statement, ast.ImportFrom) and statement.module and not statement.level:
            yield statement.module.split(".")[0], statement.lineno


def _documented(item: type[Spec]) -> None:
    require(item.__doc__, "has no docstring: write one; `bvtk ls` shows its first line")
    describe_fields(item)
    bare = [name for name, info in item.model_fields.items() if not info.description]
    fields = "field" if len(bare) == 1 else "fields"
    require(not bare, f"no docstring for {fields} {', '.join(map(repr, bare))}: write one on the line below")


def _value(name: str, info: FieldInfo) -> Any:
    if info.examples:
        return info.examples[0]
    for slot in info.metadata:
        if isinstance(slot, Slot) and slot.registry.kind in DEFAULTS:
            return DEFAULTS[slot.registry.kind]
    raise CheckFailed(
        f"field {name!r} has no default and no example, so the component can't be tried: add a default, "
        f"or an example with `{name}: … = Field(examples=[…])`"
    )


Indices = NDArray[np.integer[Any]]


class _Textures:
    def __init__(self, image: ImageShape, factors: FactorGrid) -> None:
        self.shape = (len(factors), *image)
        self._factors = factors
        generator = np.random.default_rng(SEED)
        self._textures = [generator.random((size, *image), np.float32) for size in factors.sizes]

    def read(self, index: Indices) -> NDArray[np.uint8]:
        values = self._factors.values(index).T
        textures = [texture[value] for texture, value in zip(self._textures, values, strict=True)]
        return np.asarray(255 * np.mean(textures, axis=0)).astype(np.uint8)


class ExampleData(ImageSet):
    """A data set of 384 images with five factors: the mean of a random texture for each factor value.

    Eight consecutive images are a sequence.
    """

    def __init__(self, image: ImageShape) -> None:
        factors = FactorGrid(("shape", "scale", "orientation", "x", "y"), (2, 3, 4, 4, 4))
        provenance = {"source": "example", "sha256": ""}
        sequences = np.arange(len(factors)) // 8
        super().__init__(_Textures(image, factors), factors, 255, provenance, sequences=sequences)


@dataclass(frozen=True)
class ExamplePass:
    """A training pass to try an objective on, with gradients to the model's parameters."""

    model: Any
    outputs: Pass
    image: ImageShape


def model_inputs(spec: ModelSpec, dataset: Dataset, step: int = 0) -> dict[str, Any]:
    """The inputs of a model from a batch of its own sampler: `x` and what its spec lists in `takes`."""
    batch = samplers.get(spec.sampler)().build(dataset, np.arange(len(dataset)), BATCH, SEED)(step)
    images = {role: scaled(dataset, index) for role, index in batch.images.items()}
    labels = {name: torch.from_numpy(values) for name, values in batch.labels.items()}
    inputs = {**images, **labels, **batch.facts}
    return {name: value for name, value in inputs.items() if name == "x" or name in spec.takes}


def scaled(dataset: Dataset, index: Indices) -> torch.Tensor:
    """Images (n, C, H, W) in [0, 1] for integers (n,)."""
    return torch.from_numpy(dataset.images(index).astype(np.float32) / np.float32(dataset.peak))


def training_pass(module: Any, inputs: Mapping[str, Any]) -> Pass:
    """A training pass of a model for inputs of `model_inputs`."""
    rest = {name: value for name, value in inputs.items() if name != "x"}
    outputs: Pass = module(inputs["x"], torch.Generator().manual_seed(SEED), **rest)
    return outputs


def find_example_pass(needs: frozenset[str]) -> ExamplePass | None:
    """A training pass of the first registered model that gives this and works; None if there is none."""
    image = SHAPES[0]
    for entry in models.entries():
        if entry.item.learns == "steps" and entry.item.gives >= needs:
            try:
                spec: Any = example(entry.item)
                module = seeded(lambda spec=spec: spec.build(image))  # type: ignore[misc]
                return ExamplePass(module, training_pass(module, model_inputs(spec, ExampleData(image))), image)
            except Exception:  # noqa: S112 - the check of that model reports it
                continue
    return None
