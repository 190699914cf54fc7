"""The values that a latent takes in a traversal, and the statistics of codes that they come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load

from bvtk.errors import RunError, UsageError
from bvtk.protocols import Traversable
from bvtk.reading import read_file

STEPS = 11
"""How many values a traversal has if the model does not say."""

SIGMAS = 3.0
"""How many standard deviations it goes to each side."""

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class CodeStatistics:
    """What the codes of a data set are like, for the latents that are described. Shapes: S such latents.

    Args:
        latents: (S,) which latents, ascending.
        mean: (S,) means of the codes.
        std: (S,) their standard deviations.
        kl: (S,) in nats per image; None without a posterior.
    """

    latents: tuple[int, ...]
    mean: Floats
    std: Floats
    kl: Floats | None

    @classmethod
    def of(cls, arrays: Mapping[str, Any]) -> CodeStatistics:
        """From arrays or lists by name, such as those of `latents.safetensors`; others are ignored."""
        mean, std = (np.asarray(arrays[name], np.float32) for name in ("mean", "std"))
        kl = arrays.get("kl")
        latents = arrays.get("latents", range(len(std)))  # older files describe all latents and do not say so
        return cls(tuple(map(int, latents)), mean, std, None if kl is None else np.asarray(kl, np.float32))

    def as_json(self) -> dict[str, list[Any]]:
        """As JSON values."""
        kl = {} if self.kl is None else {"kl": self.kl.tolist()}
        return {"latents": list(self.latents), "mean": self.mean.tolist(), "std": self.std.tolist(), **kl}

    def moments(self, latent: int) -> tuple[np.float32, np.float32]:
        """Mean and standard deviation of a latent.

        Raises:
            UsageError: if it is not described.
        """
        if latent not in self.latents:
            raise UsageError(
                f"latent {latent} is not among the {len(self.latents)} latents whose statistics were kept",
                "give its values with values=[…]",
            )
        row = self.latents.index(latent)
        return self.mean[row], self.std[row]


def read_latents(path: Path) -> dict[str, NDArray[Any]]:
    """The arrays in the `latents.safetensors` of a run.

    Raises:
        RunError: if they can't be read, or lack the statistics of the codes.
    """
    try:
        arrays = load(read_file(path))
        CodeStatistics.of(arrays)
    except (OSError, SafetensorError, KeyError, ValueError, TypeError) as error:
        raise RunError(f"{path} can't be read: {error}", "delete it, then evaluate and report the run again") from error
    return arrays


@dataclass(frozen=True)
class Axis:
    """The axis of a traversal. Shapes: V values.

    Args:
        values: (V,) what the latent takes.
        marks: (V,) the same in the unit of the axis.
        unit: `prior`: standard deviations of the prior; `codes`: standard deviations of the latent around its mean;
            `model`: the values themselves, as the model gives them.
    """

    values: Floats
    marks: Floats
    unit: Literal["prior", "codes", "model"]


def axis_of(model: Any, latent: int, posterior: bool, statistics: CodeStatistics | None) -> Axis:
    """The axis of a traversal of one latent, counted from 0.

    A `Traversable` model gives the values. Else the latent of a model with a posterior spans its prior, and that of
    another model its codes, whose statistics are None if they are not known.

    Raises:
        UsageError: if the statistics are needed and not known, or the model gives no finite value.
    """
    if isinstance(model, Traversable):
        values = np.asarray([float(value) for value in model.traversal_values(latent)], np.float32)
        if not len(values) or not np.isfinite(values).all():
            raise UsageError(f"traversal_values({latent}) of the model gave {values.tolist()}, expected finite numbers")
        return Axis(values, values, "model")
    span = np.linspace(-SIGMAS, SIGMAS, STEPS, dtype=np.float32)
    if posterior:
        return Axis(span, span, "prior")
    if statistics is None:
        raise UsageError(
            "the export is of an older version and has no statistics of its codes",
            "export the run again, or give the values with values=[…]",
        )
    mean, std = statistics.moments(latent)
    return Axis(np.asarray(mean + std * span, np.float32), span, "codes")


def base_code(model: Any, posterior: bool, statistics: CodeStatistics | None) -> Floats:
    """The code (L,) that a traversal starts from if none is given.

    The middle of the values that the model gives; else with a posterior the mean of the prior, and without one the
    mean of the codes, 0 for latents whose mean is not known.
    """
    code = np.zeros(model.latents, np.float32)
    if isinstance(model, Traversable):
        for latent in range(len(code)):
            values = axis_of(model, latent, posterior, statistics).values
            code[latent] = values[len(values) // 2]
    elif not posterior and statistics is not None:
        code[list(statistics.latents)] = statistics.mean
    return code
