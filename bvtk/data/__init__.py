"""Data sets: images, with or without ground-truth factors. Names load on first use.

A plugin's data set is an `ImageSet` of images (`Bytes` or `Bits`) and factors (`FactorGrid` or `FactorTable`). If its
images must be converted, `prepare_array` does it once, in bounded memory, and keeps the result in the cache folder.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bvtk.data.arrays import open_arrays as open_arrays
    from bvtk.data.blocks import channels_first as channels_first
    from bvtk.data.cache import Plan as Plan
    from bvtk.data.cache import Prepared as Prepared
    from bvtk.data.cache import cache_folder as cache_folder
    from bvtk.data.cache import file_key as file_key
    from bvtk.data.cache import prepare_array as prepare_array
    from bvtk.data.dsprites import open_dsprites as open_dsprites
    from bvtk.data.factors import FactorGrid as FactorGrid
    from bvtk.data.factors import FactorTable as FactorTable
    from bvtk.data.fields import PathText as PathText
    from bvtk.data.hdf5 import open_hdf5 as open_hdf5
    from bvtk.data.hdf5 import read_array as read_array
    from bvtk.data.hdf5 import read_blocks as read_blocks
    from bvtk.data.images import open_images as open_images
    from bvtk.data.imageset import Bits as Bits
    from bvtk.data.imageset import Bytes as Bytes
    from bvtk.data.imageset import ImageSet as ImageSet
    from bvtk.data.paths import user_path as user_path

_HOME_OF = {
    "Bits": "bvtk.data.imageset",
    "Bytes": "bvtk.data.imageset",
    "FactorGrid": "bvtk.data.factors",
    "FactorTable": "bvtk.data.factors",
    "ImageSet": "bvtk.data.imageset",
    "PathText": "bvtk.data.fields",
    "Plan": "bvtk.data.cache",
    "Prepared": "bvtk.data.cache",
    "cache_folder": "bvtk.data.cache",
    "channels_first": "bvtk.data.blocks",
    "file_key": "bvtk.data.cache",
    "open_arrays": "bvtk.data.arrays",
    "open_dsprites": "bvtk.data.dsprites",
    "open_hdf5": "bvtk.data.hdf5",
    "open_images": "bvtk.data.images",
    "prepare_array": "bvtk.data.cache",
    "read_array": "bvtk.data.hdf5",
    "read_blocks": "bvtk.data.hdf5",
    "user_path": "bvtk.data.paths",
}
__all__ = sorted(_HOME_OF)


def __getattr__(name: str) -> Any:
    """Imports a public name from its home on first use."""
    if name not in _HOME_OF:
        raise AttributeError(f"module 'bvtk.data' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME_OF[name]), name)
