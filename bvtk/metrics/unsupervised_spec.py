"""What recipes may say of `unsupervised`."""

from __future__ import annotations

from functools import partial

from pydantic import PositiveInt

from bvtk.component import MetricSpec, register_metric
from bvtk.metrics.fields import Few
from bvtk.protocols import Metric


@register_metric("unsupervised")
class Unsupervised(MetricSpec):
    """Unsupervised figures: how much the codes know of each other, lower is better.

    Locatello et al. 2019, "Challenging Common Assumptions". Total correlation and Wasserstein correlation
    as if the codes were Gaussian, and the mean mutual information of two codes, which is the score.
    """

    needs_factors = False
    lowest, highest = 0.0, None
    chance = "0 for independent codes, and slightly above, as it is estimated from finitely many images"
    use = "without labels: whether the aggregate posterior factorises, as a total-correlation penalty asks for"
    weaknesses = (
        "independent codes need not be disentangled, and constant ones score best of all; but for the Wasserstein "
        "correlation no figure knows scale, so the ripples of silent latents count in full; penalties on samples of "
        "the posterior do not always make its means independent"
    )

    bins: Few = 20
    """Bins of equal width that each code is cut into, for the mutual information."""

    points: PositiveInt = 10_000
    """Images that all is estimated from; all, in order, where there are no more."""

    pairs: PositiveInt = 20_000
    """Pairs of codes that the mutual information is a mean over, drawn by the seed where there are more: up to 200
    codes all of them."""

    def build(self) -> Metric:
        """The metric as a function of codes and a seed."""
        from bvtk.metrics.unsupervised import unsupervised

        return partial(unsupervised, bins=self.bins, points=self.points, pairs=self.pairs)
