"""Statistics of the latents, and which factors they are kept apart by."""

from __future__ import annotations

import numpy as np

from bvtk.data import FactorGrid, ImageSet
from bvtk.data.imageset import Bytes
from bvtk.evaluate.latents import latent_statistics
from bvtk.evaluate.representation import Representation


def test_panels_follow_the_roles_of_factors() -> None:
    grid = FactorGrid(("kind", "left", "up", "size"), (2, 3, 4, 5))
    roles = {"kind": "category", "left": "horizontal", "up": "vertical"}
    data = ImageSet(Bytes(np.zeros((120, 1, 1, 1), np.uint8)), grid, 255, {}, factor_roles=roles)
    index = np.arange(120)
    codes = data.factors(index).astype(np.float32)
    found = latent_statistics(data, Representation(index, codes, None))
    assert found["positions"].shape == (4, 3, 4)
    assert (found["positions"][1] == np.arange(3)[:, None]).all()
    assert found["curve.kind"].shape == (4, 2)
    assert found["curve.size"].shape == (4, 2, 5)
    assert (found["curve.size"][3] == np.arange(5)).all()
    assert not {"curve.left", "curve.up"} & set(found)


def test_without_roles_every_factor_has_a_curve() -> None:
    grid = FactorGrid(("shape", "x", "y"), (2, 3, 4))
    data = ImageSet(Bytes(np.zeros((24, 1, 1, 1), np.uint8)), grid, 255, {}, factor_roles={})
    index = np.arange(24)
    found = latent_statistics(data, Representation(index, data.factors(index).astype(np.float32), None))
    shapes = {name: values.shape for name, values in found.items() if name.startswith("curve.")}
    assert shapes == {"curve.shape": (3, 2), "curve.x": (3, 3), "curve.y": (3, 4)}
    assert "positions" not in found
