"""`subset` as recipes declare it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from bvtk.component import dump, parse
from bvtk.data.subset_spec import Subset


def test_in_a_recipe(tmp_path: Any) -> None:
    factors = np.stack(np.divmod(np.arange(12), 4), axis=1)
    np.savez(tmp_path / "a.npz", images=np.ones((12, 2, 2)), factors=factors, factor_names=["a", "b"])
    said = {"dataset": {"type": "arrays", "path": str(tmp_path / "a.npz")}, "keep": {"a": [2]}}
    spec = parse(Subset, said)
    assert dump(spec) == {"type": "subset", **said, "every": {}}
    data = spec.build()
    assert (len(data), data.factor_names) == (4, ("b",))


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"dataset": "dsprites"}, "expected keep, every or both"),
        ({"keep": {"shape": [0]}}, "Field required"),
        ({"dataset": "dsprite", "keep": {"shape": [0]}}, "unknown dataset 'dsprite'"),
        ({"dataset": "dsprites", "keep": {"shape": []}}, "expected at least one value"),
        ({"dataset": "dsprites", "keep": {"shape": [-1]}}, "the number of a value, from 0, or its name"),
        ({"dataset": "dsprites", "keep": {"shape": [0.5]}}, "the number of a value"),
        (
            {"dataset": "dsprites", "keep": {"colour": [0]}},
            "no factor 'colour', known: shape, scale, ",
        ),
        ({"dataset": "dsprites", "every": {"X": 2}}, "no factor 'X', did you mean 'x'"),
        ({"dataset": "dsprites", "every": {"scale": 1}}, "greater than or equal to 2"),
        ({"dataset": "dsprites", "keep": {"x": [0]}, "every": {"x": 2}}, "factor 'x' is in both keep and every"),
    ],
)
def test_refused(fields: dict[str, Any], found: str) -> None:
    with pytest.raises(ValidationError, match=found) as error:
        parse(Subset, fields)
    assert error.value.error_count() == 1
