"""The kinds of component and what each promises to build; `component` adds those that take other components.

Nothing here imports torch or NumPy when it loads.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from bvtk.errors import PluginError
from bvtk.protocols import (
    Dataset,
    ImageShape,
    Likelihood,
    Metric,
    Model,
    Sampler,
    ScheduledValue,
    missing_members,
)
from bvtk.spec import Spec

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray
    from torch import nn


class DatasetSpec(Spec):
    """Base of all data sets."""

    @abstractmethod
    def build(self) -> Dataset:
        """Opens the data set, first preparing it if necessary.

        Raises:
            DataError: if it is missing, damaged or in the wrong format.
        """

    @classmethod
    def example_fields(cls, folder: Path) -> Mapping[str, Any]:  # noqa: ARG003
        """Values of fields for `bvtk check-plugin`, for a data set that reads files: writes an example into a folder.

        Fields that are not among them have their defaults and examples.
        """
        return {}

    def open(self) -> Dataset:
        """Builds the data set and checks that it has every member of `Dataset`.

        Raises:
            PluginError: if it lacks a member.
            DataError: as `build` does.
        """
        dataset = self.build()
        if missing := missing_members(dataset):
            raise PluginError(
                f"data set {self.component!r}: its {type(dataset).__name__} lacks {', '.join(missing)}",
                "derive the class from bvtk.Dataset, which has defaults for some of them, or use bvtk.data.ImageSet",
            )
        return dataset


class EncoderSpec(Spec):
    """Base of all encoders."""

    @abstractmethod
    def build(self, image: ImageShape, outputs: int) -> nn.Module:
        """A module that maps images (B, C, H, W) in [0, 1] to (B, outputs).

        Args:
            image: shape of the images.
            outputs: for a VAE twice the number of latents: means, then log-variances.

        Raises:
            UsageError: where the network does not fit the images.
        """


class DecoderSpec(Spec):
    """Base of all decoders."""

    @abstractmethod
    def build(self, latents: int, image: ImageShape) -> nn.Module:
        """A module that maps latents (B, latents) to (B, C, H, W), what the likelihood takes.

        Raises:
            UsageError: where the network does not fit the images.
        """


class LikelihoodSpec(Spec):
    """Base of all likelihoods p(x|z)."""

    @abstractmethod
    def build(self, image: ImageShape) -> Likelihood:
        """The likelihood as a module, its parameters (if any) among the model's."""


class SamplerSpec(Spec):
    """Base of all samplers: what a training batch consists of."""

    gives: ClassVar[frozenset[str]] = frozenset()
    """What its batches hold beside the images `x`: other roles of images, labels and facts, by name."""

    @abstractmethod
    def build(self, dataset: Dataset, indices: NDArray[np.int64], batch_size: int, seed: int) -> Sampler:
        """A pure function of the step that gives its batch.

        Args:
            dataset: the images, with factors, weights and sequences if they have any.
            indices: (n,) the images that train, ascending: every index in a batch is one of these.
            batch_size: images per role, B.
            seed: the recipe's seed. Derive the generator of a step from it with `bvtk.seeding.derive`.

        Raises:
            UsageError: if such batches can't be drawn from the data set.
        """


class ModelSpec(Spec):
    """Base of all models."""

    learns: ClassVar[Literal["steps", "fit", "nothing"]] = "steps"
    """How it learns: step by step from an objective, by one call of `fit` (`Fitted`), or not at all."""

    reads: ClassVar[Literal["images", "factors"]] = "images"
    """What `encode` is given."""

    gives: ClassVar[frozenset[str]] = frozenset()
    """What it can do, by the names in `protocols.CAPABILITIES` or a name of your own: an objective can train the model
    if it gives all that the objective needs. `reconstruction` says that decoding a code gives the image back."""

    takes: ClassVar[frozenset[str]] = frozenset()
    """What its `forward` takes beside the images `x`, each as a keyword argument that is None outside training: other
    roles of images, labels and facts that a sampler gives."""

    sampler: ClassVar[str] = "shuffled"
    """The sampler of its batches if the recipe names none."""

    @abstractmethod
    def build(self, image: ImageShape) -> Model:
        """The model, randomly initialised from torch's current seed."""

    def check(self, dataset: Dataset) -> None:
        """Checks that the model can learn from a data set, before anything is built.

        Raises:
            UsageError: naming what the data set lacks.
        """


class ScheduleSpec(Spec):
    """Base of all schedules: a value for every training step."""

    @abstractmethod
    def value_at(self, step: int, training_steps: int) -> float:
        """The value at a step: a pure function.

        Args:
            step: the training step, counted from 0.
            training_steps: length of the training, for schedules that span it.
        """

    def build(self, training_steps: int) -> ScheduledValue:
        """The schedule of a training of so many steps, as a function of the step."""
        return ScheduledValue(self.value_at, training_steps)

    def bounds(self) -> tuple[float, float]:
        """The smallest and the largest value it can give, which recipes are checked by."""
        return (-math.inf, math.inf)


class MetricSpec(Spec):
    """Base of all metrics of disentanglement."""

    needs_factors: ClassVar[bool] = True
    """Whether it can only score data with ground-truth factors."""

    lowest: ClassVar[float | None] = 0.0
    """The least that its score can be; None where nothing bounds it."""

    highest: ClassVar[float | None] = 1.0
    """The most that its score can be; None where nothing bounds it."""

    chance: ClassVar[str] = ""
    """What codes that know nothing of the factors score, in words; empty where there is no such level."""

    chance_score: ClassVar[float | None] = None
    """The same as a number, for reports, where it is one for all data; else a result may hold its own `chance`."""

    use: ClassVar[str] = ""
    """What it is good for, and when to prefer it to others."""

    weaknesses: ClassVar[str] = ""
    """What it is known to get wrong, and what must be said with its figure."""

    @property
    def takes_real_factors(self) -> bool:
        """Whether, as it is set, factors may be real numbers and not only the numbers of their values."""
        return not self.needs_factors

    @classmethod
    def notes(cls) -> Mapping[str, str]:
        """How to read its score."""
        least, most = ("unbounded" if end is None else f"{end:g}" for end in (cls.lowest, cls.highest))
        words = {"range": f"{least} to {most}", "chance": cls.chance, "use": cls.use, "weaknesses": cls.weaknesses}
        return {heading: text for heading, text in words.items() if text}

    @abstractmethod
    def build(self) -> Metric:
        """The metric as a function."""
