"""What recipes may say of `factor_vae_score`."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from pydantic import Field, NonNegativeFloat, PositiveInt

from bvtk.component import MetricSpec, register_metric
from bvtk.metrics.fields import MOST
from bvtk.protocols import Metric


@register_metric("factor_vae_score")
class FactorVaeScore(MetricSpec):
    """FactorVAE score: how often the code that moves least tells which factor a batch of images shares.

    Kim & Mnih 2018, "Disentangling by Factorising", Section 4. In a batch of images that agree in one factor, the code
    of least variance, relative to its variance over all images, casts a vote; each code stands for the factor that it
    voted for most often.
    """

    chance = "1 / the factors that vary, which `chance` says"
    use = "in place of the β-VAE score, with no classifier to train: it asks for a code that is still, not for a sum"
    weaknesses = (
        "it saturates, though later than the β-VAE score; several factors in one code go unseen where another code "
        "votes for each; rotated codes can score above 0.95; codes below the least deviation are left out, so their "
        "scale matters"
    )

    batch: Annotated[int, Field(ge=2, le=MOST)] = 64
    """Images of a batch, L: 64 as in disentanglement_lib, 100 in the paper."""

    train_votes: PositiveInt = 10_000
    """Votes that decide which factor each code stands for; 800 in the paper, which measures on the same."""

    test_votes: PositiveInt = 5_000
    """Votes that the accuracy is measured on, drawn independently."""

    least_deviation: NonNegativeFloat = 0.05
    """Codes whose standard deviation over the images is smaller have no vote."""

    def build(self) -> Metric:
        """The metric as a function of codes and a seed."""
        from bvtk.metrics.factor_vae_score import factor_vae_score

        return partial(
            factor_vae_score,
            batch=self.batch,
            train_votes=self.train_votes,
            test_votes=self.test_votes,
            least_deviation=self.least_deviation,
        )
