"""The data set `images`, as recipes declare it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from bvtk.component import DatasetSpec, one_error, register_dataset
from bvtk.data.fields import PathText
from bvtk.protocols import Dataset

LARGEST_SIDE = 4096

Side = Annotated[int, Field(ge=1, le=LARGEST_SIDE)]
Size = Annotated[
    Side | tuple[Side, Side] | None,
    one_error(f"a side in pixels or [height, width], each from 1 to {LARGEST_SIDE}"),
]


@register_dataset("images")
class Images(DatasetSpec):
    """Your own images from a folder, searched recursively, cropped and resized.

    png, jpg, bmp, webp, gif (the first frame) and tif. Each image is cropped around its centre to the aspect ratio of
    `size`, then resized with antialiasing.
    """

    path: PathText
    """The folder."""

    size: Size = None
    """Side of the square images, or [height, width], in pixels (default: the size of the files, if all agree)."""

    channels: Literal[1, 3] | None = None
    """1 for greyscale, 3 for RGB (default: 1 if all files are greyscale, else 3)."""

    def known_factors(self) -> tuple[str, ...]:
        """None: files have no factors."""
        return ()

    def build(self) -> Dataset:
        """Decodes the image files, into memory or, if they are many, into the cache folder."""
        from bvtk.data.images import open_images

        size = (self.size, self.size) if isinstance(self.size, int) else self.size
        return open_images(self.path, size, self.channels)
