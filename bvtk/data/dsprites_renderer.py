"""Draws the 737,280 images of dSprites from their outlines.

A pixel is on when its centre lies inside the outline; there is no anti-aliasing. The 32 positions
along an axis are 32/31 pixels apart, so every pixel centre of every position falls on one grid of
1/31 pixel: each (shape, scale, orientation) is drawn once on that grid. Each of its 1,024 images
is every 31st point of that drawing, at one of 1,024 offsets.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import product

import numpy as np
from numpy.typing import NDArray

VERSION = 2
"""Incremented when a pixel of `draw_all` changes, so that cached images are drawn again."""

SIZE = 64
"""Height and width of an image in pixels."""

SHAPES = ("square", "ellipse", "heart")
SCALES = np.linspace(0.5, 1.0, 6)
ORIENTATIONS = 40
POSITIONS = 32

_PER_PIXEL = POSITIONS - 1
_STEP = SIZE // 2
_SHIFT = _STEP * (POSITIONS - 1)
_SPAN = _PER_PIXEL * (SIZE - 1) + _SHIFT + 1

_HEART = (
    ((0.0, -5.158), (2.07, -11.999), (9.591, -9.550), (9.591, -4.078)),
    ((9.591, -4.078), (9.591, 1.609), (1.108, 5.066), (0.0, 9.716)),
)


def outline(shape: str) -> NDArray[np.float64]:
    """The closed outline of a shape at scale 1 and orientation 0: vertices (n, 2) as (u, v) in pixels, v downwards."""
    if shape == "square":
        half = 9.598
        return np.array([(-half, -half), (half, -half), (half, half), (-half, half)])
    if shape == "ellipse":
        angle = np.arange(64) * (2 * math.pi / 64)
        return np.stack([12.78 * np.cos(angle), 7.22 * np.sin(angle)], axis=1)
    tip = np.array(_HEART[-1][-1:])
    right = np.concatenate([*(_bezier(np.array(points), 128) for points in _HEART), tip])
    left = right[::-1] * (-1.0, 1.0)
    return np.concatenate([right, left])


def _bezier(points: NDArray[np.float64], pieces: int) -> NDArray[np.float64]:
    t = np.linspace(0.0, 1.0, pieces, endpoint=False)[:, None]
    weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3)
    return np.asarray(sum(w * p for w, p in zip(weights, points, strict=True)))


def placed_outline(shape: str, scale: float, orientation: int) -> NDArray[np.float64]:
    """The outline of a shape, scaled and rotated around its own centre.

    Args:
        shape: one of `SHAPES`.
        scale: 0.5 to 1.
        orientation: class 0 to 39; classes 0 and 39 are the same angle, as in the original.

    Returns:
        Vertices (n, 2) as (X, Y) in pixels, Y downwards.
    """
    theta = 2 * math.pi * (orientation % (ORIENTATIONS - 1)) / (ORIENTATIONS - 1)
    cos, sin = math.cos(theta), math.sin(theta)
    turn = np.array([[cos, -sin], [sin, cos]])
    return np.asarray(scale * outline(shape) @ turn)


def fill(polygon: NDArray[np.float64], coordinates: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Fills a polygon on a square grid by the even-odd rule.

    Args:
        polygon: vertices (n, 2) as (X, Y); at most four edges cross a horizontal line.
        coordinates: (m,) of the grid's columns and of its rows, ascending, evenly spaced.

    Returns:
        (m, m) 0 or 1, rows first.
    """
    x0, y0 = polygon.T
    x1, y1 = np.roll(polygon, -1, axis=0).T
    rows = coordinates[:, None]
    crosses = (y0 <= rows) != (y1 <= rows)
    with np.errstate(divide="ignore", invalid="ignore"):
        x = x0 + (rows - y0) * ((x1 - x0) / (y1 - y0))
    row, edge = np.nonzero(crosses)
    column = np.searchsorted(coordinates, x[row, edge])
    toggles = np.zeros((len(coordinates), len(coordinates) + 1), np.uint8)
    np.bitwise_xor.at(toggles, (row, column), 1)
    return np.bitwise_xor.accumulate(toggles, axis=1)[:, :-1]


def draw(shape: str, scale: float, orientation: int) -> NDArray[np.uint8]:
    """Draws a sprite of `placed_outline` at all its positions: (1024, 64, 64) 0 or 1, x slowest, y fastest."""
    reach = _PER_PIXEL * 14
    offsets = np.arange(-reach, reach) + 0.5
    centre = _SHIFT + (_PER_PIXEL * (SIZE // 2 - 1) + 1) // 2
    grid = np.zeros((_SPAN, _SPAN), np.uint8)
    near = slice(centre - reach, centre + reach)
    grid[near, near] = fill(placed_outline(shape, scale, orientation), offsets / _PER_PIXEL)
    row, column = grid.strides
    # Moving a sprite one position right or down is reading the drawing one step further left or up.
    images = np.lib.stride_tricks.as_strided(
        grid[_SHIFT:, _SHIFT:],
        (POSITIONS, POSITIONS, SIZE, SIZE),
        (-_STEP * column, -_STEP * row, _PER_PIXEL * row, _PER_PIXEL * column),
        writeable=False,
    )
    return images.reshape(-1, SIZE, SIZE)


def draw_all() -> Iterator[NDArray[np.uint8]]:
    """Draws the whole set in its official order, one block for each shape, scale and orientation.

    Yields:
        (1024, 64, 64) 0 or 1, orientation fastest.
    """
    for shape, scale, orientation in product(SHAPES, SCALES, range(ORIENTATIONS)):
        yield draw(shape, float(scale), orientation)
