"""Data sets: images, with or without ground-truth factors. Names load on first use."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bvtk.data.arrays import open_arrays as open_arrays
    from bvtk.data.cache import cache_folder as cache_folder
    from bvtk.data.dsprites import open_dsprites as open_dsprites
    from bvtk.data.factors import FactorGrid as FactorGrid
    from bvtk.data.factors import FactorTable as FactorTable
    from bvtk.data.images import open_images as open_images
    from bvtk.data.imageset import ImageSet as ImageSet

_HOME_OF = {
    "FactorGrid": "bvtk.data.factors",
    "FactorTable": "bvtk.data.factors",
    "ImageSet": "bvtk.data.imageset",
    "cache_folder": "bvtk.data.cache",
    "open_arrays": "bvtk.data.arrays",
    "open_dsprites": "bvtk.data.dsprites",
    "open_images": "bvtk.data.images",
}
__all__ = sorted(_HOME_OF)


def __getattr__(name: str) -> Any:
    """Imports a public name from its home on first use."""
    if name not in _HOME_OF:
        raise AttributeError(f"module 'bvtk.data' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME_OF[name]), name)
