"""Everything that training changes: the contents of a checkpoint."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, SupportsFloat

import torch

from bvtk.build import Experiment, Part
from bvtk.errors import RunError
from bvtk.recipe import recipe_sha256

Tensors = dict[str, torch.Tensor]


class Window:
    """Means of the terms since the last logged step, kept on the device so that no step waits for them.

    Its sums are part of a checkpoint, so that a resumed run logs the same lines.
    """

    def __init__(self) -> None:
        self.sums: Tensors = {}
        self.count = 0

    def add(self, terms: Mapping[str, torch.Tensor | SupportsFloat]) -> None:
        """Adds the terms of a step, except plain numbers."""
        for name, term in terms.items():
            if isinstance(term, torch.Tensor):
                value = term.detach().to(torch.float32 if term.device.type == "mps" else torch.float64)
                self.sums[name] = self.sums[name] + value if name in self.sums else value
        self.count += 1

    def means(self) -> dict[str, float]:
        """The mean of each term over the window; starts a new window."""
        means = {name: value.item() / self.count for name, value in self.sums.items()}
        self.sums, self.count = {}, 0
        return means


class TrainingState:
    """A freshly built experiment and the progress of its training."""

    def __init__(self, experiment: Experiment) -> None:
        self.experiment = experiment
        self.step = 0
        self.window = Window()

    def tensors(self) -> dict[str, Tensors]:
        """All tensors to keep, by file, contiguous and on the CPU."""
        parts = {**self.weights(), "optimizer": self._optimizer_tensors(), "window": self.window.sums}
        return {part: {n: t.detach().cpu().contiguous() for n, t in kept.items()} for part, kept in parts.items()}

    def weights(self) -> dict[str, Tensors]:
        """The tensors of the model and of the objective."""
        objective = self.experiment.objective
        return {
            "model": self.experiment.model.state_dict(),
            "objective": {} if objective is None else objective.state_dict(),
        }

    def facts(self) -> dict[str, Any]:
        """Everything else to keep."""
        recipe = recipe_sha256(self.experiment.recipe)
        return {"step": self.step, "window": self.window.count, "recipe_sha256": recipe}

    def restore(self, tensors: dict[str, Tensors], facts: dict[str, Any]) -> None:
        """Continues from what `tensors` and `facts` returned. Optimisers of a finished training stay as they are.

        Raises:
            RunError: if they belong to another experiment.
        """
        experiment = self.experiment
        try:
            experiment.model.load_state_dict(tensors["model"])
            if experiment.objective is not None:
                experiment.objective.load_state_dict(tensors["objective"])
            if facts["step"] < experiment.recipe.training.steps:
                self._restore_optimizers(tensors["optimizer"])
        except (RuntimeError, KeyError, ValueError) as error:
            what = f"the checkpoint does not fit the recipe: {error}"
            raise RunError(what, "Use another --out to train from the start.") from error
        device = next((tensor.device for tensor in experiment.model.state_dict().values()), torch.device("cpu"))
        self.window.sums = {name: value.to(device) for name, value in tensors["window"].items()}
        self.window.count = facts["window"]
        self.step = facts["step"]

    def check_finite(self, tensors: dict[str, Tensors]) -> None:
        """Checks every number of `tensors` before it is saved.

        Raises:
            RunError: naming the first tensor that holds a NaN or an infinity.
        """
        for part, kept in tensors.items():
            for name, tensor in kept.items():
                if not torch.isfinite(tensor).all():
                    what = f"the {self._description(part, name)} are not finite after step {self.step}"
                    raise RunError(what, "lower the learning rate, or clip the gradients (training.gradient_clip)")

    def _description(self, part: str, name: str) -> str:
        if part != "optimizer":
            what = {"model": "weights", "objective": "numbers of the objective", "window": "sums of the logged"}
            return f"{what[part]} {name}"
        number, kept = name.split(".", 1)
        parameters = [parameter for _, part in self.numbered_parts() for parameter in part.parameters]
        return f"optimiser's {kept} of {self.experiment.name_of(parameters[int(number)])}"

    def _optimizer_tensors(self) -> Tensors:
        """By the parameter's number, counted over all parts, and the name in its optimiser's state."""
        return {
            f"{first + index}.{name}": value
            for first, part in self.numbered_parts()
            for index, values in part.optimizer.state_dict()["state"].items()
            for name, value in values.items()
            if isinstance(value, torch.Tensor)
        }

    def _restore_optimizers(self, tensors: Tensors) -> None:
        for first, part in self.numbered_parts():
            state: dict[int, dict[str, Any]] = {}
            for key, value in tensors.items():
                number, name = key.split(".", 1)
                index = int(number) - first
                if 0 <= index < len(part.parameters):
                    state.setdefault(index, {})[name] = _with_layout_of(part.parameters[index], value)
            groups = part.optimizer.state_dict()["param_groups"]
            part.optimizer.load_state_dict({"state": state, "param_groups": groups})

    def numbered_parts(self) -> Iterator[tuple[int, Part]]:
        """Every part with the number of its first parameter, counted over all parts."""
        first = 0
        for part in self.experiment.parts:
            yield first, part
            first += len(part.parameters)


def _with_layout_of(parameter: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
    """A moment with the memory layout of its parameter, which fused kernels rely on."""
    if value.shape != parameter.shape:
        return value
    return torch.empty_like(parameter, dtype=value.dtype, requires_grad=False).copy_(value)
