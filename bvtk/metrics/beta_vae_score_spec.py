"""What recipes can say about `beta_vae_score`."""

from __future__ import annotations

from functools import partial
from typing import Any, Literal

from pydantic import PositiveInt

from bvtk.component import register_metric
from bvtk.metrics.base import FunctionSpec, Limited

PAIRS = {"paper": 200, "dlib": 64}
"""Pairs per point, L, by protocol."""


@register_metric("beta_vae_score")
class BetaVaeScore(FunctionSpec):
    """β-VAE score: how well a linear classifier recognises which factor two images share.

    Higgins et al. 2017, "beta-VAE", Section 3. The two images of a pair have the same value of one factor, and
    independent values of the others. The mean of |z1 − z2| over L pairs is one point; its class is the shared factor.
    """

    chance = "1 / number of factors that can be shared; a result has it as `chance`."
    use = "To compare with published figures, such as the table of the β-VAE paper. Never use it alone."
    weaknesses = (
        "It saturates: an almost untrained VAE can reach 0.95. Rotated codes can score nearly as high as aligned ones "
        "(x and y rotated by 45 degrees score 0.74). The protocol and the classifier are part of the score."
    )

    protocol: Literal["paper", "dlib"] = "paper"
    """`paper`: the shared factor is any factor except a category such as `shape`. The classifier is a linear softmax,
    trained by Adagrad with rate 1e-2 for 10,000 steps of 10 points; the score is the mean over several. `dlib`: the
    shared factor is any factor. The classifier is one logistic regression on unscaled features, as in
    disentanglement_lib. Scores of different protocols are not comparable."""

    pairs: Limited | None = None
    """Pairs per point, L (default: 200 for `paper`, 64 for `dlib`)."""

    train_points: PositiveInt = 10_000
    """Points that the classifier is trained on."""

    test_points: PositiveInt = 5_000
    """Points that its accuracy is measured on, drawn independently."""

    classifiers: PositiveInt = 3
    """Classifiers that `paper` trains, each from its own random start. `scores` lists the accuracy of each."""

    def build(self) -> partial[dict[str, Any]]:
        return partial(super().build(), pairs=self.pairs or PAIRS[self.protocol])
