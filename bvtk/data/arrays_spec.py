"""The data set `arrays`, as recipes declare it."""

from __future__ import annotations

from bvtk.component import DatasetSpec, register_dataset
from bvtk.data.fields import PathText
from bvtk.protocols import Dataset


@register_dataset("arrays")
class Arrays(DatasetSpec):
    """Your own images from a .npz or .npy file, with or without factors.

    A .npz holds `images`, (n, C, H, W) or (n, H, W), uint8 or floats in [0, 1]. It may also hold integer `factors`
    (n, k) with `factor_names`, and integer `sequences` (n,). A .npy holds the images alone.
    """

    path: PathText
    """The .npz or .npy file."""

    def build(self) -> Dataset:
        """Opens the file. The images of a uint8 .npy stay on disk; everything else is read into memory."""
        from bvtk.data.arrays import open_arrays

        return open_arrays(self.path)
