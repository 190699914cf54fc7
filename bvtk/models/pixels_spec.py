"""The pixels of an image as its code, in recipes."""

from __future__ import annotations

from bvtk.component import ModelSpec, register_model
from bvtk.protocols import ImageShape, Model


@register_model("pixels")
class Pixels(ModelSpec):
    """The pixels of an image as its code: a baseline that learns nothing.

    Baseline of Higgins et al. 2017, figure 6.
    """

    learns = "nothing"
    gives = frozenset({"reconstruction"})

    def build(self, image: ImageShape) -> Model:
        from bvtk.models import pixels

        return pixels.Pixels(image)
