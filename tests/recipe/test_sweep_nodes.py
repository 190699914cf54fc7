from __future__ import annotations

from typing import Any

import pytest

from bvtk.recipe.marks import COMMAND_LINE, Mark, Node, Source, marked
from bvtk.recipe.sweep_nodes import SweepNodes, places, without_sweep

HERE = Mark(Source("r.yaml"), 3, 5)


def sweep_of(data: Any) -> SweepNodes:
    found = SweepNodes.of(marked({"name": "x", "sweep": data}, HERE))
    assert found
    return found


def test_without_a_sweep_there_is_none() -> None:
    assert SweepNodes.of(None) is None
    assert SweepNodes.of(marked({"name": "x"}, HERE)) is None
    assert SweepNodes.of(marked({"sweep": 3}, HERE)) is None
    assert SweepNodes.of(Node({"sweep": Node({}, HERE, broken=True)}, HERE)) is None


def test_variants_are_counted_before_they_exist() -> None:
    assert sweep_of({}).count == 1
    assert sweep_of({"seeds": 10, "grid": {"a": [1, 2], "b": [1, 2, 3]}}).count == 60
    assert sweep_of({"seeds": 10, "cells": [{"a": 1}, {"seeds": [4, 5]}]}).count == 12


def test_a_grid_and_cells_are_overrides() -> None:
    sweep = sweep_of({"grid": {"objective.beta": [1, 4]}, "cells": [{"training.steps": 5, "seeds": 3}]})
    (axis,), problems = sweep.grid()
    assert [(override.path, override.value.plain()) for override in axis] == [
        (("objective", "beta"), 1),
        (("objective", "beta"), 4),
    ]
    overrides, more = sweep.overrides(0)
    assert [(override.key, override.value.plain()) for override in overrides] == [("training.steps", 5)]
    assert [*problems, *more] == []
    assert list(sweep.seeds(sweep.cells[0])) == [0, 1, 2]


@pytest.mark.parametrize("key", ["extends", "sweep.seeds", "seed", "a..b", ".".join("a" * 60)])
def test_some_keys_can_not_be_overridden(key: str) -> None:
    sweep = sweep_of({"grid": {key: [1]}, "cells": [{key: 1}]})
    (in_grid,), (in_cell,) = sweep.grid()[1], sweep.overrides(0)[1]
    assert (in_grid.place, in_cell.place) == ("r.yaml:3:5", "r.yaml:3:5")


def test_invalid_parts_are_left_out_and_the_rest_is_kept() -> None:
    sweep = sweep_of({"seeds": -1, "grid": {"a": 3, "b": [1]}, "cells": [{"seeds": "x", "c": 1}, 5, {"recipe": 7}]})
    assert sweep.sweep.seeds is None
    assert list(sweep.sweep.grid) == ["b"]
    assert [cell.model_extra for cell in sweep.cells] == [{"c": 1}, {}, {}]


def test_cells_in_a_mapping_are_read_as_a_list() -> None:
    assert len(sweep_of({"cells": {"first": {"a": 1}, "second": {"a": 2}}}).cells) == 2
    assert len(sweep_of({"cells": {"seeds": 3}}).cells) == 1


def test_a_cell_can_start_from_a_file_beside_the_one_that_names_it() -> None:
    root = marked({"sweep": {"cells": [{"recipe": "../b.yaml"}]}}, Mark(Source("folder/sub/r.yaml"), 1, 1))
    sweep = SweepNodes.of(root)
    assert sweep
    assert sweep.base_of(0)[0] == "folder/b.yaml"


def test_seeds_of_the_command_line_are_found_by_their_source() -> None:
    given = marked({"sweep": {"seeds": 3}}, Mark(Source(COMMAND_LINE)))
    sweep = SweepNodes.of(given)
    assert sweep
    assert sweep.seeds_on_the_command_line
    assert not sweep_of({"seeds": 3}).seeds_on_the_command_line


def test_a_recipe_without_its_sweep_keeps_the_rest() -> None:
    rest = without_sweep(marked({"name": "x", "sweep": {}}, HERE))
    assert rest
    assert rest.plain() == {"name": "x"}
    assert without_sweep(None) is without_sweep(marked([1], HERE)) is None


def test_places_are_those_of_all_values_and_keys() -> None:
    key, value = Mark(Source("r.yaml"), 1, 1), Mark(Source("r.yaml"), 1, 4)
    assert set(places(Node({"a": Node(1, value, key)}, HERE))) == {"r.yaml:3:5", "r.yaml:1:1", "r.yaml:1:4"}
