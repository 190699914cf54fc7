from __future__ import annotations

import pytest

from bvtk.protocols import Dataset, ImageShape, conventional_roles, factor_with_role, missing_members, position_factors


def test_an_image_shape_counts_its_pixels() -> None:
    shape = ImageShape(3, 64, 32)
    assert shape.pixels == 6144
    assert str(shape) == "3×64×32"
    assert tuple(shape) == (3, 64, 32)


@pytest.mark.parametrize(
    ("names", "category", "positions"),
    [
        (("shape", "x", "y"), "shape", ("x", "y")),
        (("position_y", "position_x"), None, ("position_x", "position_y")),
        (("x", "y", "position_y", "position_x"), None, ("x", "y")),
        (("x", "position_y"), None, None),
        ((), None, None),
    ],
)
def test_roles_by_well_known_names(names, category, positions) -> None:
    roles = conventional_roles(names)
    assert factor_with_role(roles, "category") == category
    assert position_factors(roles) == positions
    assert set(roles) == {*([category] if category else []), *(positions or [])}


def test_positions_need_both_axes() -> None:
    assert position_factors({"left": "horizontal"}) is None
    assert position_factors({"up": "vertical", "left": "horizontal"}) == ("left", "up")


def test_a_class_derived_from_dataset_has_defaults() -> None:
    class Mine(Dataset):
        factor_names = ("y", "x")

    mine = Mine()
    assert missing_members(mine) == ["image_shape", "peak", "factor_sizes", "provenance"]
    assert (mine.value_names, mine.weights, mine.sequences) == ({}, None, None)
    assert mine.factor_roles == {"x": "horizontal", "y": "vertical"}
    mine.factor_roles = {"x": "category"}
    assert mine.factor_roles == {"x": "category"}
