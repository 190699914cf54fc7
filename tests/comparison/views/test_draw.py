import io

import numpy as np
import pytest
from PIL import Image

from bvtk.comparison.views.draw import Panel, bars, curves, heat_map, rate_distortion

POINTS = [(1.0, 0.2, 0.05), (4.0, 0.3, None), (16.0, 0.25, 0.1)]
PANEL = Panel("MIG", {"vae": POINTS, "pca": POINTS[:2]}, chance=0.1, published={"vae": [(4.0, 0.5, None)]})


def drawn(png: bytes) -> np.ndarray:
    pixels = np.asarray(Image.open(io.BytesIO(png)).convert("L"))
    assert pixels.std() > 3
    return pixels


@pytest.mark.parametrize("options", [{}, {"dense": True}])
def test_curves(options):
    one, two = (drawn(curves([PANEL] * count, "β", True, **options)) for count in (1, 2))
    assert one.shape == two.shape, "two panels share a row"
    assert drawn(curves([PANEL] * 3, "β", True, **options)).shape[0] > one.shape[0]


def test_chance_and_published_values_are_drawn():
    plain = Panel("MIG", {"vae": POINTS})
    with_chance = Panel("MIG", {"vae": POINTS}, chance=0.1)
    published = Panel("MIG", {"vae": POINTS}, published={"vae": [(4.0, 0.5, None)]})
    pictures = {bytes(curves([panel], "β", False)) for panel in (plain, with_chance, published)}
    assert len(pictures) == 3


def test_bars_show_rows_without_a_value():
    panels = [Panel("MIG", {"a": [(0.0, 0.5, None)], "b": [(0.0, 0.1, 0.1)]}), Panel("SAP", {"a": [(0.0, 0.5, None)]})]
    assert drawn(bars(panels)).shape[1] == 1600


def test_cells_that_were_not_run_stay_empty():
    lines = {"1": [(5.0, 0.1, None), (10.0, 0.2, None)], "2": [(5.0, 0.4, None)]}
    whole = lines | {"2": [(5.0, 0.4, None), (10.0, 0.3, None)]}
    axes = (("beta", [1.0, 2.0]), ("latents", [5.0, 10.0]))
    part, full = (drawn(heat_map([Panel("MIG", found)], *axes)) for found in (lines, whole))
    assert part.shape == full.shape
    assert not np.array_equal(part, full)


def test_rate_and_distortion():
    points = [((0.0, 20.0, 1.0), (0.0, 30.0, None), "β = 1"), ((0.0, 10.0, None), (0.0, 45.0, None), "β = 4")]
    assert not np.array_equal(drawn(rate_distortion({"a": points})), drawn(rate_distortion({"a": points[:1]})))
