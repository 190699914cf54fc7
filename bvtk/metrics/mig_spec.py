"""What recipes may say of `mig`."""

from __future__ import annotations

from functools import partial

from pydantic import PositiveInt

from bvtk.component import MetricSpec, register_metric
from bvtk.metrics.fields import Few
from bvtk.protocols import Metric


@register_metric("mig")
class Mig(MetricSpec):
    """Mutual information gap: how much more the best code knows of a factor than the second best.

    Chen et al. 2018, "Isolating Sources of Disentanglement", Section 4: (largest − second largest mutual
    information) / entropy of the factor, the mean over factors.
    """

    chance = "about 0, slightly above, as information is estimated from finitely many images"
    chance_score = 0.0
    use = "as the first figure to look at: no classifier, no settings but bins, and fast"
    weaknesses = (
        "it asks for one code a factor: an angle spread over sine and cosine scores low; "
        "many values of a factor in 20 bins of a code keep even perfect codes below 1"
    )

    bins: Few = 20
    """Bins of equal width that each code is cut into; factors are not binned."""

    points: PositiveInt = 10_000
    """Images that the information is estimated from; all, in order, where there are no more."""

    def build(self) -> Metric:
        """The metric as a function of codes and a seed."""
        from bvtk.metrics.mig import mig

        return partial(mig, bins=self.bins, points=self.points)
