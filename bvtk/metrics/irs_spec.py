"""What recipes may say of `irs`."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from pydantic import Field, PositiveInt

from bvtk.component import MetricSpec, register_metric
from bvtk.protocols import Metric


@register_metric("irs")
class Irs(MetricSpec):
    """Interventional robustness score: how still each code stays while its factor does and all others change.

    Suter et al. 2019, "Robustly Disentangled Causal Mechanisms". For a code and a factor: 1 − the 0.99
    quantile of |z − E[z given the value]|, the mean over values, relative to max |z − E z|. The best factor of each
    code counts; codes are weighted by their largest deviation.
    """

    chance = "0 for constant codes; 0.3 to 0.4 for normal noise, whose maximum lies far above the 0.99 quantile"
    use = "where codes are taken as causes and effects: it asks for the worst case, not for the mean"
    weaknesses = (
        "a code that knows of a factor without following it alone is not seen; one outlier raises the maximum and so "
        "the score; values with few images make any code look still; wide codes count more than narrow ones"
    )

    quantile: Annotated[float, Field(gt=0, le=1)] = 0.99
    """Which of the deviations counts as the worst: 1 is their maximum."""

    points: PositiveInt = 10_000
    """Images that it is estimated from; all, in order, where there are no more."""

    def build(self) -> Metric:
        """The metric as a function of codes and a seed."""
        from bvtk.metrics.irs import irs

        return partial(irs, quantile=self.quantile, points=self.points)
