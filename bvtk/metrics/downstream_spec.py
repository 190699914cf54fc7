"""What recipes may say of `downstream`."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from pydantic import Field, PositiveInt

from bvtk.component import MetricSpec, register_metric
from bvtk.protocols import Metric


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
