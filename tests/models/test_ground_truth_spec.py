import numpy as np
import pytest

from bvtk.component import models
from bvtk.data.factors import FactorGrid, FactorTable
from bvtk.errors import UsageError
from tests.models.test_ground_truth import images_with


def test_data_without_factors_are_refused():
    spec = models.get("ground_truth")()
    with pytest.raises(UsageError, match="reads ground-truth factors, but the data set has none"):
        spec.check(images_with(FactorTable((), np.zeros((4, 0), np.int64))))
    spec.check(images_with(FactorGrid(("a",), (3,))))
