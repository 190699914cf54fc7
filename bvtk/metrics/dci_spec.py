"""What recipes may say of `dci`."""

from __future__ import annotations

from functools import partial

from pydantic import PositiveInt

from bvtk.component import MetricSpec, register_metric
from bvtk.protocols import Metric


@register_metric("dci")
class Dci(MetricSpec):
    """DCI: whether each code matters for one factor, each factor needs one code, and codes tell the factors at all.

    Eastwood & Williams 2018, "A Framework for the Quantitative Evaluation of Disentangled Representations", Section 2.
    Gradient-boosted trees of depth 3 predict each factor from all codes. Disentanglement, the score: 1 − entropy of the
    factors that a code is important for; completeness: 1 − entropy of the codes that are important for a factor;
    informativeness: the accuracy on test images.
    """

    chance = "disentanglement and completeness about 0; informativeness the share of the commonest value"
    chance_score = 0.0
    use = (
        "for the fullest account: three figures, each of which can fail alone, and no assumption that codes are read "
        "linearly"
    )
    weaknesses = (
        "slow; it depends on the classifier, so only figures of the same one compare; with few images trees learn them "
        "by heart and every code gains importance, so scores rise with the number of images"
    )

    train_points: PositiveInt = 10_000
    """Images that the trees learn from."""

    test_points: PositiveInt = 5_000
    """Images that informativeness is measured on: of the test set, or else a third of the images at most."""

    rounds: PositiveInt = 100
    """Rounds of boosting, each of one tree a value of the factor."""

    def build(self) -> Metric:
        """The metric as a function of codes and a seed."""
        from bvtk.metrics.dci import dci

        return partial(dci, train_points=self.train_points, test_points=self.test_points, rounds=self.rounds)
