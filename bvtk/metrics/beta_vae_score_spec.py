"""What recipes may say of `beta_vae_score`."""

from __future__ import annotations

from functools import partial
from typing import Literal

from pydantic import PositiveInt

from bvtk.component import MetricSpec, register_metric
from bvtk.metrics.fields import Few
from bvtk.protocols import Metric

PAIRS = {"paper": 200, "dlib": 64}
"""Pairs averaged into one point of the β-VAE score, L, by protocol."""


@register_metric("beta_vae_score")
class BetaVaeScore(MetricSpec):
    """β-VAE score: how well a linear classifier tells which factor two images share.

    Higgins et al. 2017, "beta-VAE", Section 3. Pairs of images agree in one factor, the other factors are
    independent; the mean of |z1 − z2| over L pairs is one point, the factor that was fixed its class.
    """

    chance = "1 / the factors that are fixed, which `chance` says"
    use = "to stand beside published figures of the paper's table; never alone"
    weaknesses = (
        "it saturates: an almost untrained VAE can reach 0.95; rotated codes can score nearly as high as aligned ones, "
        "though x and y turned by 45 degrees score 0.74; the protocol and the classifier are part of the number"
    )

    protocol: Literal["paper", "dlib"] = "paper"
    """`paper`: the fixed factor is any but `shape`, the classifier a linear softmax trained by Adagrad with rate
    1e-2 in 10,000 steps of 10 points, three times; the score is the mean. `dlib`: any factor, one logistic
    regression on unscaled features, as in disentanglement_lib. The protocol is part of the number: compare like
    with like."""

    pairs: Few | None = None
    """Pairs averaged into one point, L; 200 for `paper` and 64 for `dlib` where it is not given."""

    train_points: PositiveInt = 10_000
    """Points that the classifier learns from."""

    test_points: PositiveInt = 5_000
    """Points that its accuracy is measured on, drawn independently."""

    classifiers: PositiveInt = 3
    """Classifiers that `paper` trains, each from a random start of its own; all accuracies are in `scores`."""

    def build(self) -> Metric:
        """The metric as a function of codes and a seed."""
        from bvtk.metrics.beta_vae_score import beta_vae_score

        return partial(
            beta_vae_score,
            protocol=self.protocol,
            pairs=self.pairs or PAIRS[self.protocol],
            train_points=self.train_points,
            test_points=self.test_points,
            classifiers=self.classifiers,
        )
