"""Checks of models."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import nn

from bvtk.check_plugin.examples import ExampleData, ExamplePass, example, model_inputs, scaled, training_pass
from bvtk.check_plugin.findings import Report, require
from bvtk.check_plugin.modules import (
    BATCH,
    SEED,
    SHAPES,
    check_determinism,
    check_export,
    check_finite,
    check_gradients,
    check_images,
    parameters_of,
    seeded,
)
from bvtk.check_plugin.objectives import VAE_GIVES, check_losses
from bvtk.component import ModelSpec, ObjectiveSpec, objectives
from bvtk.passes import CAPABILITIES, Pass
from bvtk.protocols import Decoding, ImageShape, Traversable

_BATCHES = 8
"""Number of batches to try; enough for several factors if one factor varies per batch."""
_PER_IMAGE = ("reconstruction", "real_logits", "fake_logits")
"""Attributes of passes with shape (batch,); all others have shape (batch, latents)."""


@dataclass(frozen=True)
class _Trial:
    """A model on example data of one image shape."""

    spec: ModelSpec
    image: ImageShape

    @cached_property
    def dataset(self) -> ExampleData:
        """The example data."""
        return ExampleData(self.image)

    def fresh(self) -> Any:
        """The model before it learns, to load an export into."""
        return self.spec.build(self.image)

    def build(self) -> Any:
        """The model, fitted if it learns by `fit`."""
        model: Any = self.fresh()
        if self.spec.learns == "fit":
            model.fit(self.dataset, np.arange(len(self.dataset)), SEED)
        return model

    def inputs(self) -> torch.Tensor:
        """A batch of inputs of `encode`."""
        index = np.linspace(0, len(self.dataset) - 1, BATCH).astype(np.int64)
        if self.spec.reads == "factors":
            return torch.from_numpy(self.dataset.factors(index).astype(np.float32))
        return scaled(self.dataset, index)

    def batches(self) -> Iterator[dict[str, Any]]:
        """Batches of its own sampler, and one with images only, as in evaluation."""
        for step in range(_BATCHES):
            yield model_inputs(self.spec, self.dataset, step)
        if self.spec.takes:
            yield {"x": model_inputs(self.spec, self.dataset)["x"]}

    def images_in(self, batch: Mapping[str, Any]) -> int:
        """The number of images of all roles in a batch."""
        shapes = [value.shape for value in batch.values() if isinstance(value, torch.Tensor)]
        return sum(count for count, *shape in shapes if tuple(shape) == self.image)

    def codes(self, module: Any) -> torch.Tensor:
        """Codes and, if there are any, log-variances."""
        return torch.cat([part for part in module.encode(self.inputs()) if part is not None])


def check_model(report: Report, spec: ModelSpec) -> None:
    """Checks a model on images of several shapes: training pass or fit, codes, and decoded images."""
    data = ExampleData(SHAPES[0])
    if not report.passes(f"on a data set with the factors {', '.join(data.factor_names)}", spec.check, data):
        return
    trials = {image: _Trial(spec, image) for image in SHAPES}
    fitting = list(report.fitting(_check_trial, trials).values())
    if not fitting:
        return
    trial = fitting[0]
    decodes = isinstance(trial.fresh(), Decoding)
    results = {"a finite training pass": spec.learns == "steps", "codes": True, "images": decodes}
    *others, last = [result for result, given in results.items() if given]
    listed = f"{', '.join(others)} and {last}" if others else last
    report.add("ok", f"returns {listed} for images of {', '.join(str(fit.image) for fit in fitting)}")
    if "reconstruction" in spec.gives and not decodes:
        report.add("note", "has no decode, so there are no reconstructions: remove `reconstruction` from `gives`")
    if spec.learns == "steps" and not spec.gives >= VAE_GIVES:
        _check_training(report, trial)
    learnt = {"steps": "parameters", "fit": "fit", "nothing": "state"}[spec.learns]
    report.holds(f"its {learnt} and codes depend only on the seed", check_determinism, trial.build, trial.codes)
    report.holds("an export contains its whole state", check_export, trial.build, trial.codes, trial.fresh)


def _check_methods(trial: _Trial) -> None:
    model = seeded(trial.fresh)
    wanted = {"latents": "latents, the number of latents", "encode": "encode(x), which returns codes"}
    if trial.spec.learns == "fit":
        wanted["fit"] = 'fit(dataset, index, seed), as expected for `learns = "fit"`'
    missing = [words for name, words in wanted.items() if not hasattr(model, name)]
    require(not missing, f"the model has no {'; and no '.join(missing)}")
    passes = getattr(type(model), "forward", None) is not nn.Module.forward
    require(passes or trial.spec.learns != "steps", "the model has no forward(x, generator), its training pass")


def _check_trial(trial: _Trial) -> None:
    _check_methods(trial)
    module = seeded(trial.build)
    if trial.spec.learns == "steps":
        _check_passes(trial, module)
    module.eval()
    with torch.no_grad():
        _check_codes(trial, module)


def _check_passes(trial: _Trial, module: Any) -> None:
    for batch in trial.batches():
        _check_pass(trial, training_pass(module, batch), module.latents, trial.images_in(batch))
    if trial.spec.gives >= VAE_GIVES:
        vae: Any = training_pass(module, model_inputs(trial.spec, trial.dataset))
        check_gradients(
            "its training pass", vae.reconstruction.mean() + vae.kl.sum(dim=1).mean(), parameters_of(module)
        )


def _check_pass(trial: _Trial, outputs: Any, latents: int, images: int) -> None:
    """Checks a pass: it is over the images `x`, or over the images of all roles."""
    kind, rows = type(outputs).__name__, 0
    for name in sorted(trial.spec.gives & CAPABILITIES.keys()):
        for attribute in CAPABILITIES[name].__annotations__:
            require(hasattr(outputs, attribute), f"gives {name!r}, but its training pass {kind} has no {attribute}")
            tensor = getattr(outputs, attribute)
            found = tuple(tensor.shape)
            rows = rows or (images if found[:1] == (images,) else BATCH)
            expected = (rows,) if attribute in _PER_IMAGE else (rows, latents)
            require(found == expected, f"{kind}.{attribute} has shape {found}, expected {expected}")
            check_finite(f"{kind}.{attribute}", tensor)
    for method in ("tensors", "figures"):
        require(hasattr(outputs, method), f"its training pass {kind} has no {method}()")
    _check_descriptions(outputs)


def _check_descriptions(outputs: Pass) -> None:
    tensors = outputs.tensors()
    require(tensors, "tensors() of its training pass is empty: return what to check if a loss is not finite")
    for name, tensor in tensors.items():
        check_finite(f"the {name} of its training pass", tensor)
    for name, value in outputs.figures().items():
        number = isinstance(value, int | float) and math.isfinite(value)
        require(number, f"figures() of its training pass returned {value!r} for {name}, expected a finite number")


def _check_codes(trial: _Trial, module: Any) -> None:
    codes, logvar = module.encode(trial.inputs())
    expected = (BATCH, module.latents)
    for what, found in (("codes", codes), ("log-variances", logvar)):
        if found is not None:
            shape = tuple(found.shape)
            require(shape == expected, f"encode returned {what} {shape}, expected {expected}")
            check_finite(f"encode's {what}", found)
            require(found.dtype == torch.float32, f"encode returned {what} of type {found.dtype}, expected float32")
    if isinstance(module, Decoding):
        check_images("decode", module.decode(codes), trial.image)
    if isinstance(module, Traversable):
        for latent in range(codes.shape[1]):
            values = [float(value) for value in module.traversal_values(latent)]
            finite = bool(values) and all(map(math.isfinite, values))
            require(finite, f"traversal_values({latent}) returned {values}, expected finite numbers")


def _check_training(report: Report, trial: _Trial) -> None:
    """Tries every registered objective that needs something that a VAE does not give."""
    gives = trial.spec.gives
    fitting = [entry for entry in objectives.entries() if entry.item.needs <= gives and entry.item.needs - VAE_GIVES]
    if not fitting:
        given = ", ".join(sorted(gives)) or "nothing"
        report.add("note", f"gives {given}, but no registered objective needs that, so its gradients were not tried")
    for entry in fitting:
        objective = f"objective {entry.name!r}"
        sentence = f"{objective} trains all of its parameters"
        report.holds(sentence, _check_trained, trial, entry.item, where=f"with {objective}")


def _check_trained(trial: _Trial, item: type[ObjectiveSpec]) -> None:
    spec: Any = example(item)
    module: nn.Module = seeded(trial.build)
    tried = ExamplePass(module, training_pass(module, model_inputs(trial.spec, trial.dataset)), trial.image)
    check_losses(spec, tried)
