"""All that training changes: what a checkpoint holds, and what a resumed run starts from."""

from __future__ import annotations

from typing import Any

import torch

from bvtk.build import Experiment
from bvtk.errors import RunError

Tensors = dict[str, torch.Tensor]


class Window:
    """Means of the logged terms since the last logged step, kept on the device so that no step waits.

    Its sums are part of a checkpoint: a resumed run logs the very same lines.
    """

    def __init__(self) -> None:
        self.sums: Tensors = {}
        self.count = 0

    def add(self, terms: dict[str, torch.Tensor | float]) -> None:
        """Adds one step's terms; plain numbers are no means of anything and are left out."""
        for name, term in terms.items():
            if isinstance(term, torch.Tensor):
                value = term.detach().to(torch.float32 if term.device.type == "mps" else torch.float64)
                self.sums[name] = self.sums[name] + value if name in self.sums else value
        self.count += 1

    def means(self) -> dict[str, float]:
        """The mean of each term over the window, which then starts anew."""
        means = {name: value.item() / self.count for name, value in self.sums.items()}
        self.sums, self.count = {}, 0
        return means


class TrainingState:
    """An experiment and how far its training has come.

    Args:
        experiment: freshly built.
    """

    def __init__(self, experiment: Experiment) -> None:
        self.experiment = experiment
        self.step = 0
        self.window = Window()

    def tensors(self) -> dict[str, Tensors]:
        """Every tensor that has to be kept, by file, contiguous and on the CPU."""
        parts = {
            "model": self.experiment.model.state_dict(),
            "objective": self.experiment.objective.state_dict(),
            "optimizer": self._optimizer_tensors(),
            "window": self.window.sums,
        }
        return {part: {n: t.detach().cpu().contiguous() for n, t in kept.items()} for part, kept in parts.items()}

    def facts(self) -> dict[str, Any]:
        """Everything that has to be kept and is no tensor."""
        return {"step": self.step, "window": self.window.count}

    def restore(self, tensors: dict[str, Tensors], facts: dict[str, Any]) -> None:
        """Continues from what `tensors` and `facts` gave.

        Raises:
            RunError: where they belong to another experiment.
        """
        experiment = self.experiment
        try:
            experiment.model.load_state_dict(tensors["model"])
            experiment.objective.load_state_dict(tensors["objective"])
            self._restore_optimizer(tensors["optimizer"])
        except (RuntimeError, KeyError, ValueError) as error:
            raise RunError(
                f"the checkpoint does not fit the recipe: {error}", "start anew with another --out"
            ) from error
        device = next(experiment.model.parameters()).device
        self.window.sums = {name: value.to(device) for name, value in tensors["window"].items()}
        self.window.count = facts["window"]
        self.step = facts["step"]

    def check_finite(self) -> None:
        """Checks every weight.

        Raises:
            RunError: naming the first one that holds a NaN or an infinity.
        """
        for name, tensor in self.experiment.model.state_dict().items():
            if not torch.isfinite(tensor).all():
                raise RunError(
                    f"the weights {name} are not finite after step {self.step}",
                    "lower the learning rate, or clip the gradients (training.gradient_clip)",
                )

    def _optimizer_tensors(self) -> Tensors:
        state = self.experiment.optimizer.state_dict()["state"]
        return {
            f"{index}.{name}": value
            for index, values in state.items()
            for name, value in values.items()
            if isinstance(value, torch.Tensor)
        }

    def _restore_optimizer(self, tensors: Tensors) -> None:
        optimizer = self.experiment.optimizer
        parameters = [p for group in optimizer.param_groups for p in group["params"]]
        state: dict[int, dict[str, Any]] = {}
        for key, value in tensors.items():
            index, name = key.split(".", 1)
            state.setdefault(int(index), {})[name] = _laid_out_like(parameters[int(index)], value)
        optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})


def _laid_out_like(parameter: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
    """A moment in the memory layout of its parameter: fused kernels pair the two by their place in memory."""
    if value.shape != parameter.shape:
        return value
    return torch.empty_like(parameter, dtype=value.dtype, requires_grad=False).copy_(value)
