"""What recipes can say about `downstream`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, PositiveInt

from bvtk.component import register_metric
from bvtk.metrics.base import FunctionSpec


@register_metric("downstream")
class Downstream(FunctionSpec):
    """Downstream accuracy: how well classifiers predict the factors from the codes, by the number of labels.

    Locatello et al. 2019, "Challenging Common Assumptions", Section 5.5. Gradient-boosted trees of depth 3, and a
    logistic regression on standardised codes. Accuracy on test images, averaged over factors. The score is that of the
    trees with the most labels.
    """

    chance = "The share of the most frequent value of each factor, averaged over factors; a result has it as `chance`."
    use = "To see what a representation is worth with few labels: look at 10 and 100, not only at the score."
    weaknesses = (
        "It measures what the codes contain, not how it is arranged: entangled codes can score as high. With few "
        "labels it changes by several points between seeds."
    )

    labels: Annotated[tuple[PositiveInt, ...], Field(min_length=1)] = (10, 100, 1_000, 10_000)
    """Numbers of labelled images, each measured in turn. Numbers above that of the images are left out."""

    test_points: PositiveInt = 5_000
    """Images to test on: from the test set if there is one, else at most a third of the images."""

    rounds: PositiveInt = 100
    """Rounds of boosting. Each round adds one tree per value of the factor."""
