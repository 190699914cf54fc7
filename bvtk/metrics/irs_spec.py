"""What recipes can say about `irs`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, PositiveInt

from bvtk.component import register_metric
from bvtk.metrics.base import FunctionSpec


@register_metric("irs")
class Irs(FunctionSpec):
    """Interventional robustness score: how constant a code stays while its factor is fixed and all others change.

    Suter et al. 2019, "Robustly Disentangled Causal Mechanisms". For a code and a factor: 1 − the 0.99
    quantile of |z − E[z given the value]|, averaged over values, relative to max |z − E z|. The best factor of each
    code counts. Codes are weighted by their largest deviation.
    """

    chance = "0 for constant codes; 0.3 to 0.4 for Gaussian noise, whose maximum is far above the 0.99 quantile."
    use = "When codes are regarded as causes and effects: it measures the worst case, not the mean."
    weaknesses = (
        "It does not see a code that knows about a factor without following it alone. One outlier raises the maximum "
        "and with it the score. Values with few images make any code look constant. Wide codes count more than narrow "
        "ones."
    )

    quantile: Annotated[float, Field(gt=0, le=1)] = 0.99
    """Quantile of the deviations that counts as the worst case. 1 is the maximum."""

    points: PositiveInt = 10_000
    """Images from which the score is estimated. If there are fewer, all are used."""
