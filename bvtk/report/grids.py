"""Grids of images as PNG, assembled pixel by pixel."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

GAP = 4
"""Transparent pixels between the images of a grid."""
SHARP = 128
"""The largest height to which small images are enlarged, each pixel to a square, so that they stay sharp."""
BUDGET = 1_600_000
"""The most values in all grids of one kind: larger images are averaged down to keep the page small."""


def fit(images: NDArray[Any]) -> NDArray[Any]:
    """Halves images (…, C, H, W) until they fit a page or are smaller than 64 pixels; enlarges small ones."""
    while images.size > BUDGET and min(images.shape[-2:]) >= 64:
        *rest, height, width = images.shape
        even = images[..., : height // 2 * 2, : width // 2 * 2]
        images = even.reshape(*rest, height // 2, 2, width // 2, 2).mean(axis=(-3, -1))
    scale = 1
    while images.shape[-2] * (scale + 1) <= SHARP and images.size * (scale + 1) ** 2 <= 4 * BUDGET:
        scale += 1
    return images.repeat(scale, axis=-2).repeat(scale, axis=-1)


def fit_all(grids: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
    """Fits grids (rows, columns, C, H, W) by the same scale. They have equally many rows; columns may differ."""
    ends = np.cumsum([grid.shape[1] for grid in grids])
    return np.split(fit(np.concatenate(grids, axis=1)), ends[:-1], axis=1)


def grid_png(images: NDArray[Any]) -> bytes:
    """One PNG of a grid of images.

    Args:
        images: (rows, columns, C, H, W) in [0, 1]. One channel is grey, the first three of more are RGB.
    """
    tiles = np.moveaxis(_displayed(images), 2, -1)
    opaque = np.full((*tiles.shape[:-1], 1), 255, np.uint8)
    tiles = np.concatenate([tiles, opaque], axis=-1)
    spaced = np.pad(tiles, ((0, 0), (0, 0), (0, GAP), (0, GAP), (0, 0)))
    rows, columns, height, width, bands = spaced.shape
    whole = spaced.transpose(0, 2, 1, 3, 4).reshape(rows * height, columns * width, bands)[:-GAP, :-GAP]
    file = io.BytesIO()
    Image.fromarray(whole, "LA" if bands == 2 else "RGBA").save(file, "PNG", compress_level=9)
    return file.getvalue()


def _displayed(images: NDArray[Any]) -> NDArray[np.uint8]:
    channels = images.shape[2]
    if channels == 2:
        images = images.mean(axis=2, keepdims=True)
    shown = images[:, :, :3]
    return np.asarray(np.clip(shown, 0.0, 1.0) * 255 + 0.5).astype(np.uint8)
