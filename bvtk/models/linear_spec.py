"""Linear models in recipes: principal and independent components of pixels."""

from __future__ import annotations

from functools import partial
from typing import Literal

from pydantic import PositiveInt

from bvtk.component import ModelSpec, register_model
from bvtk.protocols import ImageShape, Model


@register_model("pca")
class Pca(ModelSpec):
    """Principal components of the pixels: the linear code with the least squared error.

    Fitted without training steps. Baseline of Higgins et al. 2017, figure 6, where ten components of 2D shapes explain
    60.8 % of the variance of the pixels.
    """

    learns = "fit"
    gives = frozenset({"reconstruction"})

    latents: PositiveInt = 10
    """Number of components, in order of decreasing variance."""

    images: PositiveInt = 50_000
    """Number of training images to fit it on, drawn by the seed; each takes 4 bytes of memory per pixel."""

    whiten: bool = False
    """Whether every component is divided by its standard deviation over the training images."""

    def build(self, image: ImageShape) -> Model:
        from bvtk.models.linear import Linear, principal

        return Linear(image, self.latents, self.images, partial(principal, whiten=self.whiten))


@register_model("ica")
class Ica(ModelSpec):
    """Independent components of the pixels: whitened principal components, rotated by FastICA.

    Fitted without training steps. Hyvärinen & Oja 2000 ("Independent component analysis: algorithms and applications").
    Baseline of Higgins et al. 2017, figure 6.
    """

    learns = "fit"
    gives = frozenset({"reconstruction"})

    latents: PositiveInt = 10
    """Number of components, in no particular order."""

    images: PositiveInt = 50_000
    """Number of training images to fit it on, drawn by the seed; each takes 4 bytes of memory per pixel."""

    iterations: PositiveInt = 200
    """Maximum number of iterations of FastICA; a warning reports if it did not converge."""

    unit: Literal["variance", "norm"] = "variance"
    """What is 1 for every component over the images that it is fitted on: its variance or its norm. With `norm`, codes
    are smaller by the square root of the number of images; this was scikit-learn's scale until 2023, and so probably
    the paper's."""

    def build(self, image: ImageShape) -> Model:
        from bvtk.models.linear import Linear, independent

        learner = partial(independent, iterations=self.iterations, unit=self.unit)
        return Linear(image, self.latents, self.images, learner)
