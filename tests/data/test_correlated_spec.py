"""`correlated` as recipes declare it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from bvtk.component import dump, parse
from bvtk.data.correlated_spec import Correlated
from bvtk.data.subset_spec import Subset


def test_in_a_recipe_with_a_subset_either_way_round(tmp_path: Any) -> None:
    factors = np.stack(np.divmod(np.arange(12), 4), axis=1)
    np.savez(tmp_path / "a.npz", images=np.ones((12, 2, 2)), factors=factors, factor_names=["a", "b"])
    arrays = {"type": "arrays", "path": str(tmp_path / "a.npz")}
    spec = parse(Correlated, {"of": arrays, "pairs": [["a", "b"]]})
    assert dump(spec) == {"type": "correlated", "of": arrays, "pairs": [["a", "b"]], "sigma": 0.1}
    assert spec.build().weights is not None

    subset = {"type": "subset", "dataset": arrays, "keep": {"a": [0, 2]}}
    inner = parse(Correlated, {"of": subset, "pairs": [["a", "b"]], "sigma": 0.5}).build()
    outer = parse(Subset, {"dataset": dump(spec), "keep": {"a": [0, 2]}}).build()
    assert len(inner) == len(outer) == 8
    assert inner.provenance["of"]["source"] == "subset"
    assert outer.provenance["of"]["source"] == "correlated"


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({}, "Field required"),
        ({"pairs": []}, "expected pairs of factors"),
        ({"pairs": [["x"]]}, "expected pairs of factors"),
        ({"pairs": [["x", "x"]]}, "factor 'x' is paired with itself"),
        ({"pairs": [["x", "y"], ["y", "x"]]}, "the pair 'x' and 'y' is listed twice"),
        ({"pairs": [["x", "y"], ["shap", "y"]]}, "no factor 'shap', did you mean 'shape'"),
        ({"of": {"type": "correlated", "of": "dsprites", "pairs": [["x", "y"]]}, "pairs": [["x", "z"]]}, "factor 'z'"),
        ({"of": {"type": "subset", "dataset": "dsprites", "keep": {"x": [1]}}, "pairs": [["x", "y"]]}, "factor 'x'"),
        ({"of": {"type": "images", "path": "a"}, "pairs": [["x", "y"]]}, "the data set has no factors"),
        ({"pairs": [["x", "y"]], "sigma": 0}, "greater than or equal to 0.001"),
        ({"pairs": [["x", "y"]], "sigma": -0.1}, "greater than or equal to 0.001"),
    ],
)
def test_refused(fields: dict[str, Any], found: str) -> None:
    with pytest.raises(ValidationError, match=found) as error:
        parse(Correlated, {"of": "dsprites", **fields})
    assert error.value.error_count() == 1
