"""What recipes may say of metrics that predict factors from codes."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from pydantic import Field, PositiveInt

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


@register_metric("downstream")
class Downstream(MetricSpec):
    """Downstream accuracy: how well classifiers read the factors from the codes, by the number of labels they get.

    Locatello et al. 2019, "Challenging Common Assumptions", Section 5.5. Gradient-boosted trees of depth 3
    and a logistic regression on standardised codes; accuracy on test images, a mean over factors. The score is that of
    the trees with the most labels.
    """

    chance = "the share of the commonest value of each factor, a mean over factors, which `chance` says"
    use = "for what a representation is worth to whoever has few labels: look at 10 and 100, not at the score alone"
    weaknesses = (
        "it says what the codes know, not how it is laid out: entangled codes can score as high; with few labels the "
        "seed moves it by several points"
    )

    labels: Annotated[tuple[PositiveInt, ...], Field(min_length=1)] = (10, 100, 1_000, 10_000)
    """How many images are labelled, in turn; what there are too few images for is absent."""

    test_points: PositiveInt = 5_000
    """Images to test on: of the test set, or else a third of the images at most."""

    rounds: PositiveInt = 100
    """Rounds of boosting, each of one tree a value of the factor."""

    def build(self) -> Metric:
        """The metric as a function of codes and a seed."""
        from bvtk.metrics.downstream import downstream

        return partial(downstream, labels=self.labels, test_points=self.test_points, rounds=self.rounds)
