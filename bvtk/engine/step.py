"""One training step. Shapes: B images, C channels, H × W pixels."""

from __future__ import annotations

import math
from typing import Any, SupportsFloat

import torch
from torch import nn

from bvtk.build import Experiment
from bvtk.engine.devices import autocast, reproducible
from bvtk.engine.images import load_images
from bvtk.errors import RunError
from bvtk.passes import Pass
from bvtk.protocols import Batch
from bvtk.seeding import derive

Terms = dict[str, torch.Tensor | SupportsFloat]


class Stepper:
    """Trains an experiment, one batch at a time; its model and objective are changed in place.

    The precision of the forward pass is `fp32` or `bf16`; weights and losses are always float32.
    """

    def __init__(self, experiment: Experiment, device: torch.device, precision: str) -> None:
        self._experiment = experiment
        self._device = device
        self._precision = precision
        self._generator = torch.Generator(device)
        training = experiment.recipe.training
        self._clip = training.gradient_clip
        model: Any = experiment.model
        self._forward: Any = torch.compile(model) if training.compile else model

    def run(self, batch: Batch, step: int) -> tuple[Terms, Pass]:
        """Trains on a batch: one pass, then one update of every part with its own loss.

        Schedules and noise depend on the step, counted from 0.

        Returns:
            The objective's terms, and the training pass.

        Raises:
            RunError: if a loss or a gradient is not finite; the weights are unchanged then.
        """
        self._seed(step)
        with reproducible(self._device):
            outputs, terms = self._compute(self._inputs(batch), step)
            for part in self._experiment.parts:
                if not _finite(terms[part.loss]):
                    raise self._not_finite(part.loss, terms, outputs, step)
            norms = self._backward(terms)
            if not _finite(norms):
                raise self._not_finite_gradients(step)
            for part in self._experiment.parts:
                for group in part.optimizer.param_groups:
                    group["lr"] = part.learning_rate(step) * group.get("lr_scale", 1)
            self._update(norms)
        return terms, outputs

    def _seed(self, step: int) -> None:
        seed = self._experiment.recipe.seed
        self._generator.manual_seed(derive(seed, "noise", step))
        # Dropout or an objective draws from here; it must not get the same numbers as the noise.
        torch.manual_seed(derive(seed, "torch", step))

    def _inputs(self, batch: Batch) -> dict[str, Any]:
        """What the model takes of a batch: images (B, C, H, W) in [0, 1] by role, labels as tensors, facts."""
        images = {
            role: load_images(self._experiment.dataset, index, self._device)
            for role, index in batch.images.items()
            if self._takes(role)
        }
        labels = {
            name: torch.from_numpy(values).to(self._device)
            for name, values in batch.labels.items()
            if self._takes(name)
        }
        return images | labels | self._facts(batch)

    def _facts(self, batch: Batch) -> dict[str, Any]:
        return {name: fact for name, fact in batch.facts.items() if self._takes(name)}

    def _takes(self, name: str) -> bool:
        return name == "x" or name in self._experiment.recipe.model.takes

    def _compute(self, inputs: dict[str, Any], step: int) -> tuple[Pass, Terms]:
        objective = self._experiment.objective
        assert objective is not None  # noqa: S101 - only models with an objective take steps
        x_BCHW, rest = inputs["x"], {name: value for name, value in inputs.items() if name != "x"}
        with autocast(self._device, self._precision):
            outputs: Pass = self._forward(x_BCHW, self._generator, **rest)
        terms: Terms = dict(objective(outputs, step))
        for part in self._experiment.parts:
            if not isinstance(terms[part.loss], torch.Tensor):
                raise RunError(f"the objective's {part.loss!r} is not a tensor", "Fix the objective.")
        return outputs, terms

    def _backward(self, terms: Terms) -> torch.Tensor:
        """Computes all gradients and returns their norm for every part."""
        parts = self._experiment.parts
        for part in parts:
            part.optimizer.zero_grad(set_to_none=True)
        for number, part in enumerate(parts, start=1):
            # Each loss reaches only the parameters of its own part, although the losses share one graph.
            inputs = part.parameters if len(parts) > 1 else None
            loss = torch.as_tensor(terms[part.loss])
            torch.autograd.backward(loss, inputs=inputs, retain_graph=number < len(parts))
        gradients = [[p.grad for p in part.parameters if p.grad is not None] for part in parts]
        return torch.stack([nn.utils.get_total_norm(of_part) for of_part in gradients])

    def _update(self, norms: torch.Tensor) -> None:
        for part, norm in zip(self._experiment.parts, norms, strict=True):
            if self._clip is not None:
                nn.utils.clip_grads_with_norm_(part.parameters, self._clip, norm)
            part.optimizer.step()

    def _not_finite(self, loss: str, terms: Terms, outputs: Pass, step: int) -> RunError:
        """The error that names what is not finite: weights, images, the pass, or a term of the loss."""
        for module in filter(None, (self._experiment.model, self._experiment.objective)):
            for name, weights in module.named_parameters():
                if not torch.isfinite(weights).all():
                    return RunError(f"the weights {name} are not finite since step {step - 1}", _LOWER_RATE)
        return went_bad(outputs, terms, loss, step)

    def _not_finite_gradients(self, step: int) -> RunError:
        parameters = [parameter for part in self._experiment.parts for parameter in part.parameters]
        for parameter in parameters:
            if parameter.grad is not None and not torch.isfinite(parameter.grad).all():
                name = self._experiment.name_of(parameter)
                return RunError(f"the gradients of {name} are not finite at step {step}", _LOWER_RATE)
        return RunError(f"the norm of the gradients is too large for a float32 at step {step}", _LOWER_RATE)


def went_bad(outputs: Pass, terms: Terms, loss: str, step: int) -> RunError:
    """The error that names what is not finite: a tensor of the pass, else a term of the loss, else the loss."""
    suspects: dict[str, Any] = {
        **outputs.tensors(),
        **{f"term {name!r}": term for name, term in terms.items() if name != loss},
        "loss" if loss == "loss" else f"term {loss!r}": terms[loss],
    }
    for name, value in suspects.items():
        if not _finite(value):
            shown = f"{float(value):g}" if isinstance(value, float) or value.ndim == 0 else "not finite"
            return RunError(f"the {name} became {shown} at step {step}", _LOWER_RATE)
    return RunError(f"the gradients are not finite at step {step}", _LOWER_RATE)


_LOWER_RATE = "Lower the learning rate, or clip the gradients (training.gradient_clip). The checkpoints are unchanged."


def _finite(value: Any) -> bool:
    return bool(torch.isfinite(value).all()) if isinstance(value, torch.Tensor) else math.isfinite(value)
