"""What recipes can say about `unsupervised`."""

from __future__ import annotations

from pydantic import PositiveInt

from bvtk.component import register_metric
from bvtk.metrics.base import FunctionSpec, Limited


@register_metric("unsupervised")
class Unsupervised(FunctionSpec):
    """Unsupervised scores: how much the codes know about each other; lower is better.

    Locatello et al. 2019, "Challenging Common Assumptions". Total correlation and Wasserstein correlation
    as if the codes were Gaussian, and the mean mutual information of two codes, which is the score.
    """

    needs_factors = False
    lowest, highest = 0.0, None
    chance = "0 for independent codes. Slightly above, since it is estimated from a finite number of images."
    use = "Without labels: whether the aggregate posterior factorises, as a total-correlation penalty demands."
    weaknesses = (
        "Independent codes need not be disentangled, and constant codes score best of all. All figures except the "
        "Wasserstein correlation ignore scale, so the small variations of inactive latents count fully. Penalties on "
        "samples of the posterior do not always make its means independent."
    )

    bins: Limited = 20
    """Bins of equal width per code, for the mutual information."""

    points: PositiveInt = 10_000
    """Images from which all figures are estimated. If there are fewer, all are used."""

    pairs: PositiveInt = 20_000
    """Pairs of codes over which the mutual information is averaged. If there are more (above 200 codes), the seed draws
    this many."""
