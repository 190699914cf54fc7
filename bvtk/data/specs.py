"""The data sets that recipes can name."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, ValidatorFunctionWrapHandler, WrapValidator, model_validator
from pydantic_core import PydanticCustomError

import bvtk.data.subset_specs  # noqa: F401
from bvtk.component import DatasetSpec, register_dataset
from bvtk.protocols import Dataset

PathText = Annotated[str, Field(min_length=1, pattern=r"^[^\x00]+$")]
"""A path as users write it: relative to the working folder, `~` for the home folder."""

LARGEST_SIDE = 4096

Side = Annotated[int, Field(ge=1, le=LARGEST_SIDE)]


def _one_error(value: Any, validate: ValidatorFunctionWrapHandler) -> Any:
    """Says once what a size may be, in place of one error for each form that it may have."""
    try:
        return validate(tuple(value) if isinstance(value, list) else value)
    except ValidationError as error:
        expected = f"a side in pixels or [height, width], each from 1 to {LARGEST_SIDE}"
        raise PydanticCustomError("image_size", "expected {expected}", {"expected": expected}) from error


Size = Annotated[Side | tuple[Side, Side] | None, WrapValidator(_one_error)]


@register_dataset("dsprites")
class DSprites(DatasetSpec):
    """dSprites: 737,280 binary 64×64 sprites with shape, scale, orientation and position.

    Matthey, Higgins, Hassabis and Lerchner, 2017. Drawn on this machine within seconds and kept in the
    cache folder; or read from the official file where you have it.
    """

    source: Literal["rendered", "original", "auto"] = "rendered"
    """`rendered` draws the images; `original` reads the official file; `auto` reads it where a verified one is already
    on this machine, and draws otherwise. Nothing is ever downloaded."""

    path: PathText | None = None
    """The official .npz or .hdf5 file; by default it is looked for in the `dsprites` folder of the cache folder."""

    @model_validator(mode="after")
    def _path_is_used(self) -> Self:
        if self.path is not None and self.source == "rendered":
            raise PydanticCustomError(
                "unused_path", "source 'rendered' reads no file: say 'original' or 'auto', or leave path out"
            )
        return self

    def build(self) -> Dataset:
        """Opens the images, drawing or converting them first where they are not in the cache."""
        from bvtk.data.dsprites import open_dsprites

        return open_dsprites(self.source, self.path)


@register_dataset("arrays")
class Arrays(DatasetSpec):
    """Your own images from a .npz or .npy file, with or without factors.

    A .npz holds `images`, (n, C, H, W) or (n, H, W), uint8 or floats in [0, 1]; where you have ground truth,
    integer `factors` (n, k) and their `factor_names`. A .npy holds the images alone.
    """

    path: PathText
    """The .npz or .npy file."""

    def build(self) -> Dataset:
        """Opens the file: a .npy of uint8 stays on disk, all else is read into memory."""
        from bvtk.data.arrays import open_arrays

        return open_arrays(self.path)


@register_dataset("images")
class Images(DatasetSpec):
    """Your own images from a folder, searched recursively, cropped and resized.

    png, jpg, bmp, webp, gif and tif; of an animation the first frame. Cropped around the centre to the shape that
    is asked for, then resized with antialiasing.
    """

    path: PathText
    """The folder."""

    size: Size = None
    """Side of the square images, or [height, width], in pixels; by default the pictures' own, where all agree."""

    channels: Literal[1, 3] | None = None
    """1 for grey, 3 for RGB; by default grey where all pictures are grey."""

    def build(self) -> Dataset:
        """Decodes the pictures, into memory or, where they are many, into the cache folder."""
        from bvtk.data.images import open_images

        size = (self.size, self.size) if isinstance(self.size, int) else self.size
        return open_images(self.path, size, self.channels)
