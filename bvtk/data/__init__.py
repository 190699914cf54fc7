"""Data sets: images, with or without ground-truth factors. Names load on first use.

A plugin's data set is an `ImageSet` of images (`Bytes` or `Bits`) and factors (`FactorGrid` or `FactorTable`). If its
images must be converted, `prepare_array` does it once, in bounded memory, and keeps the result in the cache folder.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bvtk.data.arrays import channels_first as channels_first
    from bvtk.data.arrays import open_arrays as open_arrays
    from bvtk.data.cache import Plan as Plan
    from bvtk.data.cache import Prepared as Prepared
    from bvtk.data.cache import cache_folder as cache_folder
    from bvtk.data.cache import file_key as file_key
    from bvtk.data.cache import prepare_array as prepare_array
    from bvtk.data.dsprites import open_dsprites as open_dsprites
    from bvtk.data.factors import FactorGrid as FactorGrid
    from bvtk.data.factors import FactorTable as FactorTable
    from bvtk.data.fields import PathText as PathText
    from bvtk.data.fields import user_path as user_path
    from bvtk.data.hdf5 import open_hdf5 as open_hdf5
    from bvtk.data.hdf5 import read_array as read_array
    from bvtk.data.hdf5 import read_blocks as read_blocks
    from bvtk.data.images import open_images as open_images
    from bvtk.data.imageset import Bits as Bits
    from bvtk.data.imageset import Bytes as Bytes
    from bvtk.data.imageset import ImageSet as ImageSet

_NAMES = {
    "arrays": ("channels_first", "open_arrays"),
    "cache": ("Plan", "Prepared", "cache_folder", "file_key", "prepare_array"),
    "dsprites": ("open_dsprites",),
    "factors": ("FactorGrid", "FactorTable"),
    "fields": ("PathText", "user_path"),
    "hdf5": ("open_hdf5", "read_array", "read_blocks"),
    "images": ("open_images",),
    "imageset": ("Bits", "Bytes", "ImageSet"),
}
_HOME_OF = {name: f"bvtk.data.{home}" for home, names in _NAMES.items() for name in names}
__all__ = sorted(_HOME_OF)


def __getattr__(name: str) -> Any:
    """Imports a public name from its home on first use."""
    if name not in _HOME_OF:
        raise AttributeError(f"module 'bvtk.data' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME_OF[name]), name)
