"""What recipes can say about `sap`."""

from __future__ import annotations

from pydantic import PositiveInt

from bvtk.component import register_metric
from bvtk.metrics.base import FunctionSpec


@register_metric("sap")
class Sap(FunctionSpec):
    """SAP: how much better the best single code predicts a factor than the second best.

    Kumar et al. 2018, "Variational Inference of Disentangled Latent Concepts from Unlabeled Observations", Section 3.
    For each pair of code and factor, the test accuracy of a linear support vector machine on that code alone (C = 0.01,
    balanced classes). The score is the largest accuracy minus the second largest, averaged over factors.
    """

    chance = "About 0."
    chance_score = 0.0
    use = "Together with MIG, when factors should be linearly readable from single codes. Also for continuous factors."
    weaknesses = (
        "It is low for all trained models, since a linear classifier on one number separates few of many values. The "
        "classifier is regularised, so the scale of codes matters. An angle encoded as sine and cosine scores low."
    )

    continuous_factors: bool = False
    """Whether factors are continuous. If so, the squared correlation replaces the accuracy."""

    train_points: PositiveInt = 10_000
    """Images to train on."""

    test_points: PositiveInt = 5_000
    """Images to test on: from the test set if there is one, else at most a third of the images."""

    @property
    def takes_real_factors(self) -> bool:
        return self.continuous_factors
