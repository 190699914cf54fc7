from __future__ import annotations

from bvtk.protocols import ImageShape


def test_an_image_shape_counts_its_pixels() -> None:
    shape = ImageShape(3, 64, 32)
    assert shape.pixels == 6144
    assert str(shape) == "3×64×32"
    assert tuple(shape) == (3, 64, 32)
