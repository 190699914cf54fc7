"""The data set `dsprites`: rendered here or read from the official file, cached as packed bits."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bvtk.data import dsprites_official as official
from bvtk.data import dsprites_renderer as renderer
from bvtk.data.cache import Plan, Prepared, cache_folder, open_prepared, prepare
from bvtk.data.factors import FactorGrid
from bvtk.data.fields import user_path
from bvtk.data.imageset import Bits, ImageSet
from bvtk.errors import DataError
from bvtk.protocols import ImageShape, Role

IMAGE = ImageShape(1, renderer.SIZE, renderer.SIZE)
FACTOR_NAMES = ("shape", "scale", "orientation", "x", "y")
FACTOR_ROLES: Mapping[str, Role] = {"shape": "category", "x": "horizontal", "y": "vertical"}
FACTOR_SIZES = (len(renderer.SHAPES), len(renderer.SCALES), renderer.ORIENTATIONS, *(2 * (renderer.POSITIONS,)))
"""Sizes of all factors but colour, which is the same in all images."""


def open_dsprites(source: str = "rendered", path: str | None = None) -> ImageSet:
    """Opens dSprites, preparing it first if it is not in the cache.

    Args:
        source: `rendered`, `original`, or `auto` for the original if it is already on this machine.
        path: the official .npz or .hdf5 file (default: looked up in the cache folder).

    Returns:
        The data set; `provenance["source"]` is `rendered` or `original`.

    Raises:
        DataError: if the official file is wanted and missing or another file, or the cache can't be written.
    """
    prepared = _rendered() if source == "rendered" else _find_original(source, path)
    factors = FactorGrid(FACTOR_NAMES, FACTOR_SIZES)
    names = {"shape": renderer.SHAPES}
    return ImageSet(Bits(prepared.array, IMAGE), factors, 1, prepared.facts, names, factor_roles=FACTOR_ROLES)


def folder() -> Path:
    """The folder of the prepared images, in which the official file is looked up."""
    return cache_folder() / "dsprites"


def _rendered() -> Prepared:
    facts = {"source": "rendered", "renderer": renderer.VERSION}
    return prepare(folder() / "rendered.npy", _key(**facts), lambda: _plan(facts, renderer.draw_all()))


def _find_original(source: str, path: str | None) -> Prepared:
    if path is not None:
        return _original(user_path(path))
    prepared = open_prepared(folder() / "original.npy", _original_key())
    if prepared:
        return prepared
    failure = DataError(
        f"the official dSprites file is not on this machine: neither {' nor '.join(official.NAMES)} is in {folder()}",
        "put one there or give its `path`, or set `source: rendered` to draw the images",
    )
    for file in (folder() / name for name in official.NAMES):
        try:
            if file.is_file():
                return _original(file)
        except DataError as error:
            failure = error
    if source == "auto":
        return _rendered()
    raise failure


def _original(path: Path) -> Prepared:
    form = official.verify(path)
    algorithm, checksum = official.CHECKSUMS[form]
    facts = {"source": "original", "file": path.name, algorithm: checksum}
    shape = (math.prod(FACTOR_SIZES), IMAGE.height, IMAGE.width)
    images = official.read_sprites(path, form, shape)
    return prepare(folder() / "original.npy", _original_key(), lambda: _plan(facts, images))


def _key(**facts: Any) -> dict[str, Any]:
    return facts | {"factor_names": FACTOR_NAMES, "factor_sizes": FACTOR_SIZES, "image": IMAGE}


def _original_key() -> dict[str, Any]:
    return _key(source="original", checksums=official.CHECKSUMS)


def _plan(facts: dict[str, Any], blocks: Iterable[NDArray[np.uint8]]) -> Plan:
    shape = (math.prod(FACTOR_SIZES), math.ceil(IMAGE.pixels / 8))
    return Plan(shape, (np.packbits(block.reshape(len(block), -1), axis=1) for block in blocks), facts)
