"""The base classes of specs; those that take other components are in `component`.

Importing this module does not import torch or NumPy.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from bvtk.errors import PluginError
from bvtk.jobs import Launcher
from bvtk.protocols import Dataset, ImageShape, Likelihood, Metric, Model, Sampler, ScheduledValue, missing_members
from bvtk.spec import Spec

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray
    from torch import nn


class DatasetSpec(Spec):
    """Base of all data sets."""

    image_shape: ClassVar[ImageShape | None] = None
    """Shape of its images, if it is the same for all settings; `bvtk show --layers` then need not open the data set."""

    def known_factors(self) -> tuple[str, ...] | None:
        """The names of its factors if they are known before it is opened, so that wrong names are refused early."""
        return None

    @abstractmethod
    def build(self) -> Dataset:
        """Opens the data set, first preparing it if necessary.

        Raises:
            DataError: if it is missing, damaged or in the wrong format.
        """

    @classmethod
    def example_fields(cls, folder: Path) -> Mapping[str, Any]:  # noqa: ARG003
        """Fields for `bvtk check-plugin`; a data set that reads files writes example files into a folder.

        Other fields have their defaults and examples.
        """
        return {}

    def open(self) -> Dataset:
        """Builds the data set and checks that it has every member of `Dataset`.

        Raises:
            PluginError: if a member is missing.
            DataError: as in `build`.
        """
        dataset = self.build()
        if missing := missing_members(dataset):
            raise PluginError(
                f"data set {self.component!r}: {type(dataset).__name__} has no {', '.join(missing)}",
                "derive the class from bvtk.Dataset, which has defaults for some members, or use bvtk.data.ImageSet",
            )
        return dataset


class EncoderSpec(Spec):
    """Base of all encoders."""

    @abstractmethod
    def build(self, image: ImageShape, outputs: int) -> nn.Module:
        """A module that maps images (B, C, H, W) in [0, 1] to (B, outputs).

        Args:
            image: shape of the images.
            outputs: number of outputs; for a VAE twice the number of latents, means and then log-variances.

        Raises:
            UsageError: if the network does not fit the images.
        """


class DecoderSpec(Spec):
    """Base of all decoders."""

    @abstractmethod
    def build(self, latents: int, image: ImageShape) -> nn.Module:
        """A module that maps latents (B, latents) to the input of the likelihood (B, C, H, W).

        Raises:
            UsageError: if the network does not fit the images.
        """


class LikelihoodSpec(Spec):
    """Base of all likelihoods p(x|z)."""

    @abstractmethod
    def build(self, image: ImageShape) -> Likelihood:
        """The likelihood as a module; its parameters, if any, become the model's."""


class SamplerSpec(Spec):
    """Base of all samplers: what a training batch consists of."""

    gives: ClassVar[frozenset[str]] = frozenset()
    """What its batches contain besides the images `x`: other roles of images, labels and facts, by name."""

    @abstractmethod
    def build(self, dataset: Dataset, indices: NDArray[np.int64], batch_size: int, seed: int) -> Sampler:
        """A pure function of the step that returns its batch.

        Args:
            dataset: the images, with factors, weights and sequences if they have any.
            indices: (n,) the training images, ascending; batches may contain no others.
            batch_size: number of images per role, B.
            seed: the recipe's seed. Derive the generator of a step from it with `bvtk.seeding.derive`.

        Raises:
            UsageError: if such batches can't be drawn from the data set.
        """


class ModelSpec(Spec):
    """Base of all models."""

    learns: ClassVar[Literal["steps", "fit", "nothing"]] = "steps"
    """How it learns: in steps with an objective, by one call of `fit` (`Fitted`), or not at all."""

    reads: ClassVar[Literal["images", "factors"]] = "images"
    """The input of `encode`."""

    gives: ClassVar[frozenset[str]] = frozenset()
    """What its training pass has, by the names in `passes.CAPABILITIES` or your own names. An objective can train the
    model if it gives everything that the objective needs. `reconstruction` means that decoding a code reconstructs the
    image."""

    takes: ClassVar[frozenset[str]] = frozenset()
    """Keyword arguments of its `forward` besides the images `x`, None outside training: other roles of images, labels
    and facts from the sampler."""

    sampler: ClassVar[str] = "shuffled"
    """The sampler, unless the recipe sets one."""

    @abstractmethod
    def build(self, image: ImageShape) -> Model:
        """The model, randomly initialised from torch's current seed."""

    def check(self, dataset: Dataset) -> None:
        """Checks that the model can learn from a data set, before the model is built.

        Raises:
            UsageError: if it can't.
        """


class ScheduleSpec(Spec):
    """Base of all schedules: a value for every training step."""

    @abstractmethod
    def value_at(self, step: int, training_steps: int) -> float:
        """The value at a step, counted from 0, of a training of some length: a pure function."""

    def build(self, training_steps: int) -> ScheduledValue:
        """The schedule for a training of this length, as a function of the step."""
        return ScheduledValue(self.value_at, training_steps)

    def bounds(self) -> tuple[float, float]:
        """Lowest and highest value, to check recipes."""
        return (-math.inf, math.inf)


class MetricSpec(Spec):
    """Base of all metrics of disentanglement."""

    needs_factors: ClassVar[bool] = True
    """Whether it needs ground-truth factors."""

    lowest: ClassVar[float | None] = 0.0
    """Lowest possible score; None if unbounded."""

    highest: ClassVar[float | None] = 1.0
    """Highest possible score; None if unbounded."""

    chance: ClassVar[str] = ""
    """Score of codes that are independent of the factors, in words; empty if there is no such level."""

    chance_score: ClassVar[float | None] = None
    """The same as a number, for reports, if it is the same for all data; else results may have their own `chance`."""

    use: ClassVar[str] = ""
    """When to use it, and when to prefer it to others."""

    weaknesses: ClassVar[str] = ""
    """Known weaknesses, and what to report with its score."""

    @property
    def takes_real_factors(self) -> bool:
        """Whether, with these settings, factors may be real numbers and not only indices of values."""
        return not self.needs_factors

    @classmethod
    def notes(cls) -> Mapping[str, str]:
        """How to interpret its score."""
        least, most = ("unbounded" if end is None else f"{end:g}" for end in (cls.lowest, cls.highest))
        words = {"range": f"{least} to {most}", "chance": cls.chance, "use": cls.use, "weaknesses": cls.weaknesses}
        return {heading: text for heading, text in words.items() if text}

    @abstractmethod
    def build(self) -> Metric:
        """The metric as a function."""


class LauncherSpec(Spec):
    """Base of all launchers: where the cells of a sweep run. The command line names them, never a recipe."""

    @abstractmethod
    def build(self, jobs: int, device: str, workers: int | None) -> Launcher:
        """The launcher of one sweep.

        Args:
            jobs: number of jobs in total.
            device: `cpu`, `cuda`, `mps` or `auto`, as given to every job.
            workers: number of jobs at a time; None for the launcher's own choice.

        Raises:
            UsageError: if the launcher cannot work here.
        """
