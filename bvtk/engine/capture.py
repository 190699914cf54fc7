"""Training steps as CUDA graphs: recorded once and replayed, because small networks on a GPU wait for Python.

Shapes: B images, C channels, H × W pixels.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from bvtk.build import Experiment, Part
from bvtk.component import ScheduleSpec, Spec
from bvtk.engine.devices import reproducible
from bvtk.engine.step import Stepper, Terms, went_bad
from bvtk.errors import RunError
from bvtk.passes import Pass
from bvtk.protocols import Batch, ScheduledValue
from bvtk.recipe import Recipe

_WARM_UP = 3
"""Eager steps before one is recorded: optimisers and libraries allocate their state in these."""
_MOST_RECORDINGS = 64
"""Recordings to keep, as each holds memory of the GPU; batches with other keys run eagerly."""


def can_capture(recipe: Recipe) -> bool:
    """Whether the steps of a recipe can be recorded.

    A recording contains kernels and no Python, so nothing in it may depend on Python values that change. Components of
    bvtk comply with this unless they say otherwise; those of plugins if they say so (`Spec.capturable`).
    """
    parts = (recipe.model, recipe.objective, recipe.training.optimizer)
    return not recipe.training.compile and all(part is not None and _capturable(part) for part in parts)


def _capturable(spec: Spec) -> bool:
    own = type(spec).capturable
    ours = type(spec).__module__.startswith("bvtk.")
    if isinstance(spec, ScheduleSpec) and type(spec).build is not ScheduleSpec.build:
        return False  # what it builds can't be found among an objective's attributes
    inner = [value for _, value in spec if isinstance(value, Spec)]
    return (ours if own is None else own) and all(map(_capturable, inner))


class Held:
    """A schedule whose value a recording can read: a number on the device, updated before each step."""

    def __init__(self, schedule: Callable[[int], float], device: torch.device) -> None:
        self._schedule = schedule
        self._last: float | None = None
        self.value = torch.zeros((), device=device)
        self.live = False

    def __call__(self, step: int) -> Any:
        """The value of a step: a plain number until the schedule is `live`, then the number on the device."""
        return self.value if self.live else self._schedule(step)

    def update(self, step: int) -> None:
        """Updates the number on the device."""
        value = self._schedule(step)
        if value != self._last:
            self.value.fill_(value)
            self._last = value


class Reading:
    """A plain number () among an objective's terms that is on the device, read on request."""

    def __init__(self, value: torch.Tensor) -> None:
        self._value = value

    def __float__(self) -> float:
        """The shortest decimal with this float32, so that 0.1 is read as 0.1."""
        return float(str(np.float32(self._value.item())))


@dataclass(frozen=True)
class _Step:
    outputs: Pass
    terms: Terms
    finite: torch.Tensor


class CapturedStepper(Stepper):
    """Trains as `Stepper` does, by replaying CUDA graphs: one for each key of the batches.

    The weights of an objective are the schedules among its attributes; each becomes a number on the device.
    """

    def __init__(
        self, experiment: Experiment, device: torch.device, precision: str, warn: Callable[[str], None]
    ) -> None:
        super().__init__(experiment, device, precision)
        self._warn = warn
        self._stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
        self._pool: Any = torch.cuda.graph_pool_handle()
        self._recordings: dict[Hashable, tuple[torch.cuda.CUDAGraph, _Step]] = {}
        self._eager_steps = _WARM_UP
        self._numbers: frozenset[str] | None = None
        self._held: dict[str, torch.Tensor] = {}
        self._weights = hold_schedules(experiment.objective, device)
        self._rates = [rate for part in experiment.parts for rate in _read_from_device(part, device)]

    def run(self, batch: Batch, step: int) -> tuple[Terms, Pass]:
        """Trains on a batch, as `Stepper.run` does.

        Raises:
            RunError: if a loss or a gradient is not finite. The weights are invalid then; no checkpoint is.
        """
        # Work on the caller's stream, such as adding up terms, has to finish before a replay overwrites them.
        self._stream.wait_stream(torch.cuda.current_stream(self._device))
        with torch.cuda.stream(self._stream), reproducible(self._device):
            self._seed(step)
            for held in (*self._weights, *self._rates):
                held.update(step)
            self._hold(batch)
            done = self._replay(batch, step)
            if not done.finite.item():
                raise self._bad(done, step)
        return done.terms, done.outputs

    def _hold(self, batch: Batch) -> None:
        """Copies images and labels of a batch to where the recordings read them."""
        dataset = self._experiment.dataset
        arrays = {role: dataset.images(index) for role, index in batch.images.items() if self._takes(role)}
        arrays |= {name: values for name, values in batch.labels.items() if self._takes(name)}
        for name, array in arrays.items():
            values = torch.from_numpy(array)
            if name not in self._held:
                self._held[name] = torch.empty_like(values, device=self._device)
            held = self._held[name]
            if (values.shape, values.dtype) != (held.shape, held.dtype):  # a copy would broadcast or convert
                found, before = (f"{each.dtype} {tuple(each.shape)}" for each in (values, held))
                raise RunError(f"{name} of a batch is {found}, and was {before} before", "Fix the sampler.")
            held.copy_(values)

    def _replay(self, batch: Batch, step: int) -> _Step:
        if self._eager_steps:
            self._eager_steps -= 1
            return self._step(batch, step)
        if batch.key not in self._recordings:
            if len(self._recordings) == _MOST_RECORDINGS:
                return self._step(batch, step)
            graph = torch.cuda.CUDAGraph()
            graph.register_generator_state(self._generator)
            try:
                with torch.cuda.graph(graph, pool=self._pool, stream=self._stream):
                    recorded = self._step(batch, step)
            except RuntimeError as error:
                reason = str(error).strip().partition("\n")[0]
                self._warn(f"the steps of this recipe can't be recorded, so they run eagerly: {reason}")
                self._eager_steps = sys.maxsize
                self._renew_generators(step)
                return self._replay(batch, step)
            self._recordings[batch.key] = graph, recorded
        graph, recorded = self._recordings[batch.key]
        graph.replay()
        return recorded

    def _renew_generators(self, step: int) -> None:
        """Replaces the states of generators, which refuse to draw after a failed recording."""
        device = self._device
        self._generator = torch.Generator(device)
        default = torch.cuda.default_generators[device.index or 0]
        default.graphsafe_set_state(torch.Generator(device).graphsafe_get_state())
        self._seed(step)

    def _step(self, batch: Batch, step: int) -> _Step:
        """A whole step, of operations on the device alone."""
        outputs, terms = self._compute(self._inputs(batch), step)
        norms = self._backward(terms)
        losses = [torch.as_tensor(terms[part.loss]).detach() for part in self._experiment.parts]
        finite = torch.isfinite(torch.stack([*norms, *losses])).all()
        self._update(norms)
        return _Step(outputs, self._kept(terms), finite)

    def _inputs(self, batch: Batch) -> dict[str, Any]:
        """What the model takes of a batch, read from where `_hold` copied it."""
        images = {role: self._scaled(self._held[role]) for role in batch.images if role in self._held}
        labels = {name: self._held[name] for name in batch.labels if name in self._held}
        return images | labels | self._facts(batch)

    def _scaled(self, images: torch.Tensor) -> torch.Tensor:
        x_BCHW = images.to(torch.float32, memory_format=torch.channels_last)
        peak = self._experiment.dataset.peak
        return x_BCHW if peak == 1 else x_BCHW * (1 / peak)

    def _kept(self, terms: Terms) -> Terms:
        """The terms without their history; plain numbers of schedules stay distinct from means."""
        if self._numbers is None:
            self._numbers = frozenset(n for n, term in terms.items() if not isinstance(term, torch.Tensor))
            for held in self._weights:
                held.live = True
        kept: dict[str, Any] = {}
        for name, term in terms.items():
            tensor = term.detach() if isinstance(term, torch.Tensor) else None
            kept[name] = term if tensor is None else Reading(tensor) if name in self._numbers else tensor
        return kept

    def _bad(self, done: _Step, step: int) -> RunError:
        parts = self._experiment.parts
        loss = next((part.loss for part in parts if not math.isfinite(float(done.terms[part.loss]))), parts[0].loss)
        return went_bad(done.outputs, {n: float(term) for n, term in done.terms.items()}, loss, step)


def hold_schedules(objective: Any, device: torch.device) -> list[Held]:
    """Replaces the schedules of an objective and its submodules, also those in lists and dicts, by held ones."""
    held: list[Held] = []

    def replaced(value: Any) -> Any:
        if isinstance(value, ScheduledValue):
            held.append(Held(value, device))
            return held[-1]
        if isinstance(value, list):
            return [replaced(inner) for inner in value]
        if isinstance(value, dict):
            return {key: replaced(inner) for key, inner in value.items()}
        return value

    for module in objective.modules():
        for name, value in list(vars(module).items()):
            if not name.startswith("_") or isinstance(value, ScheduledValue):
                setattr(module, name, replaced(value))
    return held


def _read_from_device(part: Part, device: torch.device) -> list[Held]:
    """Makes an optimiser read its learning rates, and count its steps, on the device; returns the rates."""
    rates: dict[float, Held] = {}
    for group in part.optimizer.param_groups:
        scale = group.get("lr_scale", 1)
        if scale not in rates:
            rates[scale] = Held(_scaled(part.learning_rate, scale), device)
        group["lr"] = rates[scale].value
        if "capturable" in group:
            group["capturable"] = True
    for state in part.optimizer.state.values():
        if isinstance(state.get("step"), torch.Tensor):
            state["step"] = state["step"].to(device)
    return list(rates.values())


def _scaled(rate: Callable[[int], float], scale: float) -> Callable[[int], float]:
    return lambda step: rate(step) * scale
