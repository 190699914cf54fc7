"""Principal and independent components as recipes declare them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import PositiveInt

from bvtk.component import ModelSpec, register_model
from bvtk.protocols import ImageShape

if TYPE_CHECKING:
    from bvtk.protocols import Model


@register_model("pca")
class Pca(ModelSpec):
    """Principal components of the pixels: the linear code that loses least.

    Fitted at one go. Baseline of Higgins et al. 2017, figure 6, where ten components of 2D shapes hold 60.8 % of
    the variance of the pixels.
    """

    learns: ClassVar[Literal["steps", "fit", "nothing"]] = "fit"
    gives: ClassVar[frozenset[str]] = frozenset({"reconstruction"})

    latents: PositiveInt = 10
    """Number of components, by falling variance."""

    images: PositiveInt = 50_000
    """How many training images it is fitted on, drawn by the seed: 4 bytes of memory a pixel of each."""

    whiten: bool = False
    """Whether every component is divided by its standard deviation over the training images."""

    def build(self, image: ImageShape) -> Model:
        """The model, all zeros until it is fitted."""
        from bvtk.models import linear

        learner = partial(linear.principal, whiten=self.whiten)
        return linear.Linear(image, self.latents, self.images, learner)


@register_model("ica")
class Ica(ModelSpec):
    """Independent components of the pixels: the whitened principal ones, rotated by FastICA.

    Fitted at one go. Hyvärinen & Oja 2000 ("Independent component analysis: algorithms and applications"); baseline
    of Higgins et al. 2017, figure 6.
    """

    learns: ClassVar[Literal["steps", "fit", "nothing"]] = "fit"
    gives: ClassVar[frozenset[str]] = frozenset({"reconstruction"})

    latents: PositiveInt = 10
    """Number of components, in no order."""

    images: PositiveInt = 50_000
    """How many training images it is fitted on, drawn by the seed: 4 bytes of memory a pixel of each."""

    iterations: PositiveInt = 200
    """Iterations of FastICA at most; a warning says where they did not suffice."""

    unit: Literal["variance", "norm"] = "variance"
    """What is 1 of every component over the images that it is fitted on: its variance, or its norm, so that codes are
    smaller by the root of their number. The latter was scikit-learn's until 2023, and so probably the paper's."""

    def build(self, image: ImageShape) -> Model:
        """The model, all zeros until it is fitted."""
        from bvtk.models import linear

        learner = partial(linear.independent, iterations=self.iterations, unit=self.unit)
        return linear.Linear(image, self.latents, self.images, learner)
