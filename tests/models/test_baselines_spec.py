from __future__ import annotations

import numpy as np
import pytest

from bvtk.component import dump, models, parse
from bvtk.data.factors import FactorGrid, FactorTable
from bvtk.errors import UsageError
from tests.models.test_baselines import images_with


def test_pixels_learn_nothing():
    spec = parse(models.get("pixels"), {})
    assert dump(spec) == {"type": "pixels"}
    assert spec.learns == "nothing"


def test_data_without_factors_are_refused():
    spec = models.get("ground_truth")()
    with pytest.raises(UsageError, match="reads ground-truth factors, but the data set has none"):
        spec.check(images_with(FactorTable((), np.zeros((4, 0), np.int64))))
    spec.check(images_with(FactorGrid(("a",), (3,))))
