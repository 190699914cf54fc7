"""Checks of models, however they learn."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
import torch
from torch import nn

from bvtk.check_plugin.declaration import example
from bvtk.check_plugin.examples import ExamplePass, MadeUpData, pass_of
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
    seeded,
)
from bvtk.check_plugin.objectives import TRAINING_STEPS, check_losses
from bvtk.component import ModelSpec, ObjectiveSpec, objectives
from bvtk.protocols import Decoding, ImageShape, ObjectiveContext, Pass


@dataclass(frozen=True)
class _Trial:
    """A model on made-up data of one image shape.

    Args:
        spec: what it is built from.
        image: shape of the images.
    """

    spec: ModelSpec
    image: ImageShape

    @cached_property
    def dataset(self) -> MadeUpData:
        """The data that it is fitted on."""
        return MadeUpData(self.image)

    def fresh(self) -> Any:
        """The model as an export is loaded into it."""
        return self.spec.build(self.image)

    def build(self) -> Any:
        """The model, fitted where it is one to fit."""
        model: Any = self.fresh()
        if self.spec.learns == "fit":
            model.fit(self.dataset, np.arange(len(self.dataset)), SEED)
        return model

    def inputs(self) -> torch.Tensor:
        """A batch of what it encodes."""
        index = np.linspace(0, len(self.dataset) - 1, BATCH).astype(np.int64)
        if self.spec.reads == "factors":
            return torch.from_numpy(self.dataset.factors(index).astype(np.float32))
        return torch.from_numpy(self.dataset.images(index).astype(np.float32) / self.dataset.peak)

    def codes(self, module: Any) -> torch.Tensor:
        """All that it encodes: codes, and log-variances where there are some."""
        return torch.cat([part for part in module.encode(self.inputs()) if part is not None])


def check_model(report: Report, spec: ModelSpec) -> None:
    """Tries a model on images of several shapes: a pass where it learns by steps, its fit, its codes and images."""
    names = ", ".join(MadeUpData.factor_names)
    if not report.passes(f"on a made-up data set with the factors {names}", spec.check, MadeUpData(SHAPES[0])):
        return
    trials = {image: _Trial(spec, image) for image in SHAPES}
    if not (complete := report.fitting(_check_methods, trials)):
        return
    fitting = list(report.fitting(_check_trial, complete).values())
    if not fitting:
        report.add("problem", f"works for no image shape that was tried: {', '.join(map(str, SHAPES))}")
        return
    trial = fitting[0]
    decodes = isinstance(trial.fresh(), Decoding)
    given = ["codes", *(["images"] if decodes else [])]
    if spec.learns == "steps":
        given.insert(0, "Outputs" if spec.family == "vae" else "a finite training pass")
    listed = ", ".join(given[:-1]) + f" and {given[-1]}" if len(given) > 1 else given[0]
    report.add("ok", f"gives {listed} for images of {', '.join(str(fit.image) for fit in fitting)}")
    if spec.reconstructs and not decodes:
        report.add("note", "has no decode, so there are no reconstructions: say so with `reconstructs = False`")
    if spec.learns == "steps" and spec.family != "vae":
        _check_training(report, trial)
    report.holds(f"the seed alone decides its {_LEARNT[spec.learns]} and codes", "", _check_seed, trial)
    report.holds("an export holds all that it learns", "", check_export, trial.build, trial.codes, trial.fresh)


def _check_methods(trial: _Trial) -> None:
    """Raises `Wrong` where the model lacks what every stage calls, before anything is called."""
    model = seeded(trial.fresh)
    wanted = {"latents": "latents, how many numbers a code has", "encode": "encode(x), which gives codes"}
    if trial.spec.learns == "fit":
        wanted["fit"] = 'fit(dataset, index, seed), as `learns = "fit"` promises'
    missing = [words for name, words in wanted.items() if not hasattr(model, name)]
    require(not missing, f"the model lacks {'; and '.join(missing)}")
    passes = getattr(type(model), "forward", None) is not nn.Module.forward
    require(passes or trial.spec.learns != "steps", "the model lacks forward(x, generator), its training pass")


_LEARNT = {"steps": "parameters", "fit": "fit", "nothing": "state"}


def _check_seed(trial: _Trial) -> None:
    check_determinism(trial.build, trial.codes)


def _check_trial(trial: _Trial) -> None:
    module = seeded(trial.build)
    if trial.spec.learns == "steps":
        _check_passes(trial, module)
    module.eval()
    with torch.no_grad():
        _check_codes(trial, module)


def _check_passes(trial: _Trial, module: Any) -> None:
    outputs = pass_of(module, trial.image)
    _check_pass(trial, outputs, module.latents)
    if trial.spec.family == "vae":
        vae: Any = outputs
        check_gradients(module, vae.reconstruction.mean() + vae.kl.sum(dim=1).mean())
    if trial.spec.batches == "one_factor":
        x, generator = torch.rand(BATCH, *trial.image), torch.Generator().manual_seed(SEED)
        for factor in trial.dataset.factor_names:
            _check_pass(trial, module(x, generator, varied=factor), module.latents)


def _check_pass(trial: _Trial, outputs: Any, latents: int) -> None:
    if trial.spec.family == "vae":
        shape = (BATCH, latents)
        wanted = {"mu": shape, "logvar": shape, "z": shape, "kl": shape, "reconstruction": (BATCH,)}
        for name, expected in wanted.items():
            tensor = getattr(outputs, name)
            found = tuple(tensor.shape)
            require(found == expected, f"Outputs.{name} has shape {found}, expected {expected}")
            check_finite(f"Outputs.{name}", tensor)
    kind = type(outputs).__name__
    for method in ("tensors", "figures"):
        require(hasattr(outputs, method), f"its training pass is {kind}, which has no {method}()")
    _check_told(outputs)


def _check_told(outputs: Pass) -> None:
    tensors = outputs.tensors()
    require(tensors, "tensors() of its training pass is empty: name what to look at where a loss is not finite")
    for name, tensor in tensors.items():
        check_finite(f"the {name} of its training pass", tensor)
    for name, value in outputs.figures().items():
        number = isinstance(value, int | float) and math.isfinite(value)
        require(number, f"figures() of its training pass gives {name} {value!r}, expected a finite number")


def _check_codes(trial: _Trial, module: Any) -> None:
    codes, logvar = module.encode(trial.inputs())
    expected = (BATCH, module.latents)
    for what, found in (("codes", codes), ("log-variances", logvar)):
        if found is not None:
            require(tuple(found.shape) == expected, f"encode gives {what} {tuple(found.shape)}, expected {expected}")
            check_finite(f"encode's {what}", found)
            require(found.dtype == torch.float32, f"encode gives {what} of type {found.dtype}, expected float32")
    if isinstance(module, Decoding):
        check_images("decode", module.decode(codes), trial.image)


def _check_training(report: Report, trial: _Trial) -> None:
    """Tries every registered objective that trains such a model."""
    family = trial.spec.family
    fitting = [entry for entry in objectives.entries() if entry.item.family == family]
    if not fitting:
        report.add("note", f"no objective of family {family!r} is registered, so its gradients were not tried")
    for entry in fitting:
        sentence = f"objective {entry.name!r} trains all of its parameters"
        report.holds(sentence, f"trained by objective {entry.name!r}", _check_trained, trial, entry.item)


def _check_trained(trial: _Trial, item: type[ObjectiveSpec]) -> None:
    spec: Any = example(item)
    module: nn.Module = seeded(trial.build)
    tried = ExamplePass(module, pass_of(module, trial.image), trial.image)
    context = ObjectiveContext(trial.image, tried.model.latents, dataset_size=1000, training_steps=TRAINING_STEPS)
    check_losses(spec, partial(spec.build, context), tried)
