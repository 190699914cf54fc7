"""What recipes can say about `mig`."""

from __future__ import annotations

from pydantic import PositiveInt

from bvtk.component import register_metric
from bvtk.metrics.base import FunctionSpec, Limited


@register_metric("mig")
class Mig(FunctionSpec):
    """Mutual information gap: how much more the best code knows about a factor than the second best.

    Chen et al. 2018, "Isolating Sources of Disentanglement", Section 4: (largest − second largest mutual
    information) / entropy of the factor, averaged over factors.
    """

    chance = "About 0. Slightly above, since the information is estimated from a finite number of images."
    chance_score = 0.0
    use = "The first score to look at: it is fast, has no classifier, and no settings except bins."
    weaknesses = (
        "It expects one code per factor: an angle encoded as sine and cosine scores low. If a factor has more values "
        "than a code has bins, even perfect codes score below 1."
    )

    bins: Limited = 20
    """Bins of equal width per code. Factors are not binned."""

    points: PositiveInt = 10_000
    """Images from which the information is estimated. If there are fewer, all are used."""
