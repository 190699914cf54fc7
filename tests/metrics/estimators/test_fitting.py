import warnings

import numpy as np
import pytest

from bvtk.metrics.infomec_spec import InfoMec
from bvtk.metrics.modularity_explicitness_spec import ModularityExplicitness
from bvtk.metrics.sap_spec import Sap
from bvtk.metrics.scoring.compute import score
from tests.metrics.representations import labelled


@pytest.mark.parametrize("metric", [Sap(), ModularityExplicitness(), InfoMec()], ids=lambda metric: metric.component)
def test_a_factor_with_nearly_one_value_per_image_does_not_warn(metric):
    rng = np.random.default_rng(0)
    factors = np.stack([np.arange(60) // 1.5, rng.integers(3, size=60)], axis=1).astype(int)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        score(labelled(rng.normal(size=(60, 2)), factors), [metric], 0)
