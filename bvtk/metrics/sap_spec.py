"""What recipes may say of `sap`."""

from __future__ import annotations

from functools import partial

from pydantic import PositiveInt

from bvtk.component import MetricSpec, register_metric
from bvtk.protocols import Metric


@register_metric("sap")
class Sap(MetricSpec):
    """SAP: how much better the best single code predicts a factor than the second best.

    Kumar et al. 2018, "Variational Inference of Disentangled Latent Concepts from Unlabeled Observations", Section 3.
    For each code and factor the accuracy of a linear support vector machine on that code alone (C = 0.01, balanced
    classes), on test images; the largest minus the second largest, the mean over factors.
    """

    chance = "about 0"
    chance_score = 0.0
    use = "beside MIG, where a linear reader of single codes is what matters; has a form for numbers on a scale"
    weaknesses = (
        "low for all models that are trained, as one linear classifier on one number tells few of many values; the "
        "classifier is regularised, so the scale of codes matters; an angle spread over sine and cosine scores low"
    )

    continuous_factors: bool = False
    """Whether factors are numbers on a scale rather than labels: then the squared correlation takes the place of the
    accuracy."""

    train_points: PositiveInt = 10_000
    """Images to learn from."""

    test_points: PositiveInt = 5_000
    """Images to test on: of the test set, or else a third of the images at most."""

    @property
    def takes_real_factors(self) -> bool:
        """Where they are numbers on a scale."""
        return self.continuous_factors

    def build(self) -> Metric:
        """The metric as a function of codes and a seed."""
        from bvtk.metrics.sap import sap

        return partial(
            sap,
            continuous_factors=self.continuous_factors,
            train_points=self.train_points,
            test_points=self.test_points,
        )
