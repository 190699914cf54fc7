"""The pixels of an image as its code, in recipes."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from bvtk.component import ModelSpec, register_model
from bvtk.protocols import ImageShape

if TYPE_CHECKING:
    from bvtk.protocols import Model


@register_model("pixels")
class Pixels(ModelSpec):
    """The pixels of an image as its code: a baseline that learns nothing.

    Baseline of Higgins et al. 2017, figure 6.
    """

    learns: ClassVar[Literal["steps", "fit", "nothing"]] = "nothing"
    gives: ClassVar[frozenset[str]] = frozenset({"reconstruction"})

    def build(self, image: ImageShape) -> Model:
        from bvtk.models import pixels

        return pixels.Pixels(image)
