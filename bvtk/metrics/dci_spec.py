"""What recipes can say about `dci`."""

from __future__ import annotations

from pydantic import PositiveInt

from bvtk.component import register_metric
from bvtk.metrics.base import FunctionSpec


@register_metric("dci")
class Dci(FunctionSpec):
    """DCI: whether each code matters for one factor, each factor needs one code, and codes predict the factors.

    Eastwood & Williams 2018, "A Framework for the Quantitative Evaluation of Disentangled Representations", Section 2.
    Gradient-boosted trees of depth 3 predict each factor from all codes. Disentanglement, the score: 1 − entropy of the
    factors that a code is important for. Completeness: 1 − entropy of the codes that are important for a factor.
    Informativeness: the accuracy on test images.
    """

    chance = "Disentanglement and completeness about 0; informativeness the share of the most frequent value."
    chance_score = 0.0
    use = "For the most complete picture: three figures that can fail independently, and no assumption of linearity."
    weaknesses = (
        "It is slow. It depends on the classifier, so only compare scores of the same one. With few images the trees "
        "overfit and every code becomes important, so scores rise with the number of images."
    )

    train_points: PositiveInt = 10_000
    """Images that the trees are trained on."""

    test_points: PositiveInt = 5_000
    """Images that informativeness is measured on: from the test set if there is one, else at most a third of the
    images."""

    rounds: PositiveInt = 100
    """Rounds of boosting. Each round adds one tree per value of the factor."""
