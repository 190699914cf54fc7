"""One training step. Shapes: B images, C channels, H × W pixels."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from bvtk.build import Experiment
from bvtk.engine.devices import autocast
from bvtk.engine.images import load_images
from bvtk.errors import RunError
from bvtk.protocols import Outputs
from bvtk.seeding import derive

Terms = dict[str, torch.Tensor | float]


class Stepper:
    """Trains an experiment by one batch at a time.

    Args:
        experiment: what to train; its model is changed in place.
        device: where the model lives.
        precision: `fp32` or `bf16`, of the forward pass; weights and losses are always float32.
    """

    def __init__(self, experiment: Experiment, device: torch.device, precision: str) -> None:
        self._experiment = experiment
        self._device = device
        self._precision = precision
        self._generator = torch.Generator(device)
        training = experiment.recipe.training
        self._clip = training.gradient_clip
        self._forward: Any = torch.compile(experiment.model) if training.compile else experiment.model
        self._parameters = [p for p in experiment.model.parameters() if p.requires_grad]

    def run(self, index: NDArray[np.int64], step: int) -> tuple[Terms, Outputs]:
        """Trains on the images of these indices (B,).

        Args:
            index: which images.
            step: the step, counted from 0: schedules and noise depend on it.

        Returns:
            The objective's terms, and what the model made of the batch.

        Raises:
            RunError: where the loss is not finite, or with clipping the gradients, before any weight is changed by
                them; without clipping, gradients that are not finite show in the next step's loss.
        """
        experiment = self._experiment
        optimizer = experiment.optimizer
        rate = experiment.learning_rate(step)
        for group in optimizer.param_groups:
            group["lr"] = rate
        outputs = self._outputs(index, step)
        terms: Terms = experiment.objective(outputs, step)
        loss = terms["loss"]
        if not isinstance(loss, torch.Tensor) or not torch.isfinite(loss):
            raise self._not_finite(terms, outputs, step)
        optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        if self._clip is not None:
            self._clip_gradients(step)
        optimizer.step()
        return terms, outputs

    def _outputs(self, index: NDArray[np.int64], step: int) -> Outputs:
        seed = derive(self._experiment.recipe.seed, "noise", step)
        self._generator.manual_seed(seed)
        torch.manual_seed(seed)  # for networks with randomness of their own, such as dropout
        x_BCHW = load_images(self._experiment.dataset, index, self._device)
        with autocast(self._device, self._precision):
            outputs: Outputs = self._forward(x_BCHW, self._generator)
        return outputs

    def _clip_gradients(self, step: int) -> None:
        assert self._clip is not None  # noqa: S101
        norm = nn.utils.clip_grad_norm_(self._parameters, self._clip)
        if not torch.isfinite(norm):
            raise RunError(f"the norm of the gradients is {norm.item()} at step {step}", _LOWER_RATE)

    def _not_finite(self, terms: Terms, outputs: Outputs, step: int) -> RunError:
        """The error that names what went bad first: weights, images, the posterior, or a term of the loss."""
        for name, weights in self._experiment.model.named_parameters():
            if not torch.isfinite(weights).all():
                return RunError(f"the weights {name} are not finite since step {step - 1}", _LOWER_RATE)
        suspects: dict[str, Any] = {
            "images": outputs.x,
            "posterior means": outputs.mu,
            "posterior log-variances": outputs.logvar,
            **{f"term {name!r}": term for name, term in terms.items() if name != "loss"},
            "loss": terms["loss"],
        }
        for name, value in suspects.items():
            if not _finite(value):
                shown = f"{float(value):g}" if isinstance(value, float) or value.ndim == 0 else "not finite"
                return RunError(f"the {name} became {shown} at step {step}", _LOWER_RATE)
        return RunError(f"the loss is no finite number at step {step}", _LOWER_RATE)


_LOWER_RATE = "lower the learning rate, or clip the gradients (training.gradient_clip); checkpoints are as they were"


def _finite(value: Any) -> bool:
    return bool(torch.isfinite(value).all()) if isinstance(value, torch.Tensor) else math.isfinite(value)
