"""The data set `dsprites`, as recipes declare it."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from bvtk.component import DatasetSpec, register_dataset
from bvtk.data.fields import PathText
from bvtk.protocols import Dataset, ImageShape


@register_dataset("dsprites")
class DSprites(DatasetSpec):
    """dSprites: 737,280 binary 64×64 sprites with shape, scale, orientation and position.

    Matthey, Higgins, Hassabis and Lerchner, 2017. Rendered on this machine within seconds and kept in the cache
    folder, or read from the official file if you have it.
    """

    image_shape: ClassVar[ImageShape | None] = ImageShape(1, 64, 64)

    source: Literal["rendered", "original", "auto"] = "rendered"
    """`rendered` draws the images. `original` reads the official file. `auto` reads the official file if a verified
    one is already on this machine, and draws the images otherwise. Nothing is ever downloaded."""

    path: PathText | None = None
    """The official .npz or .hdf5 file (default: looked up in the `dsprites` folder of the cache folder)."""

    @model_validator(mode="after")
    def _path_is_used(self) -> Self:
        if self.path is not None and self.source == "rendered":
            raise PydanticCustomError(
                "unused_path", "source 'rendered' reads no file. Set source to original or auto, or remove path"
            )
        return self

    def known_factors(self) -> tuple[str, ...]:
        """All but colour, which is the same in all images."""
        return "shape", "scale", "orientation", "x", "y"

    def build(self) -> Dataset:
        """Opens the images, first rendering or converting them if they are not in the cache."""
        from bvtk.data.dsprites import open_dsprites

        return open_dsprites(self.source, self.path)
