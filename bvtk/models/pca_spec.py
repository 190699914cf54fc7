"""Principal components of pixels, in recipes."""

from __future__ import annotations

from functools import partial

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
        from bvtk.models.linear import Linear
        from bvtk.models.pca import principal

        return Linear(image, self.latents, self.images, partial(principal, whiten=self.whiten))
