"""Checks of models, however they learn."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
import torch
from torch import nn

from bvtk.check_plugin.declaration import example
from bvtk.check_plugin.examples import ExamplePass, MadeUpData, batch_of, pass_of
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
from bvtk.check_plugin.objectives import TRAINING_STEPS, VAE_GIVES, check_losses
from bvtk.component import ModelSpec, ObjectiveSpec, objectives
from bvtk.passes import CAPABILITIES, Pass
from bvtk.protocols import Decoding, ImageShape, ObjectiveContext

_BATCHES = 8
"""How many batches are tried: batches in which one factor varies come with several factors among so many."""
_PER_IMAGE = ("reconstruction", "real_logits", "fake_logits")
"""What a pass has one number of per image; of all else it has one per latent too."""


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

    def passes(self, module: Any) -> Iterator[Pass]:
        """Training passes over batches of its own sampler, and one as outside training, with images alone."""
        for step in range(_BATCHES):
            yield pass_of(module, batch_of(self.spec, self.dataset, step))
        if self.spec.takes:
            yield pass_of(module, {"x": batch_of(self.spec, self.dataset)["x"]})

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
        given.insert(0, "a finite training pass")
    listed = ", ".join(given[:-1]) + f" and {given[-1]}" if len(given) > 1 else given[0]
    report.add("ok", f"gives {listed} for images of {', '.join(str(fit.image) for fit in fitting)}")
    if "reconstruction" in spec.gives and not decodes:
        report.add("note", "has no decode, so there are no reconstructions: leave `reconstruction` out of `gives`")
    if spec.learns == "steps" and not spec.gives >= VAE_GIVES:
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
    for outputs in trial.passes(module):
        _check_pass(trial, outputs, module.latents)
    if trial.spec.gives >= VAE_GIVES:
        vae: Any = pass_of(module, batch_of(trial.spec, trial.dataset))
        check_gradients(module, vae.reconstruction.mean() + vae.kl.sum(dim=1).mean())


def _check_pass(trial: _Trial, outputs: Any, latents: int) -> None:
    kind = type(outputs).__name__
    for name in sorted(trial.spec.gives & CAPABILITIES.keys()):
        for attribute in CAPABILITIES[name].__annotations__:
            require(hasattr(outputs, attribute), f"gives {name!r}, and its training pass {kind} has no {attribute}")
            tensor = getattr(outputs, attribute)
            found, expected = tuple(tensor.shape), (BATCH,) if attribute in _PER_IMAGE else (BATCH, latents)
            require(found == expected, f"{kind}.{attribute} has shape {found}, expected {expected}")
            check_finite(f"{kind}.{attribute}", tensor)
    for method in ("tensors", "figures"):
        require(hasattr(outputs, method), f"its training pass is {kind}, which has no {method}()")
    _check_descriptions(outputs)


def _check_descriptions(outputs: Pass) -> None:
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
    """Tries every registered objective that needs something of the model which a VAE has not."""
    gives = trial.spec.gives
    fitting = [entry for entry in objectives.entries() if entry.item.needs <= gives and entry.item.needs - VAE_GIVES]
    if not fitting:
        given = ", ".join(sorted(gives)) or "nothing"
        report.add("note", f"gives {given}, and no objective for that is registered, so its gradients were not tried")
    for entry in fitting:
        sentence = f"objective {entry.name!r} trains all of its parameters"
        report.holds(sentence, f"trained by objective {entry.name!r}", _check_trained, trial, entry.item)


def _check_trained(trial: _Trial, item: type[ObjectiveSpec]) -> None:
    spec: Any = example(item)
    module: nn.Module = seeded(trial.build)
    tried = ExamplePass(module, pass_of(module, batch_of(trial.spec, trial.dataset)), trial.image)
    context = ObjectiveContext(trial.image, tried.model.latents, dataset_size=1000, training_steps=TRAINING_STEPS)
    check_losses(spec, partial(spec.build, context), tried)
