"""What recipes can say about `factor_vae_score`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, NonNegativeFloat, PositiveInt

from bvtk.component import register_metric
from bvtk.metrics.base import LIMIT, FunctionSpec


@register_metric("factor_vae_score")
class FactorVaeScore(FunctionSpec):
    """FactorVAE score: how often the code that varies least identifies the factor that a batch of images shares.

    Kim & Mnih 2018, "Disentangling by Factorising", Section 4. All images of a batch have the same value of one factor.
    The code with the least variance in the batch, relative to its variance over all images, casts a vote. Each code is
    assigned to the factor that it votes for most often.
    """

    chance = "1 / number of factors that vary; a result has it as `chance`."
    use = (
        "Instead of the β-VAE score, when no classifier should be trained. It requires that one code stays constant; "
        "a sum of codes is not enough."
    )
    weaknesses = (
        "It saturates, though later than the β-VAE score. It does not notice several factors in one code if other "
        "codes vote for each of them. Rotated codes can score above 0.95. Codes below the least deviation are ignored, "
        "so the scale of codes matters."
    )

    batch: Annotated[int, Field(ge=2, le=LIMIT)] = 64
    """Images per batch, L: 64 as in disentanglement_lib; the paper has 100."""

    train_votes: PositiveInt = 10_000
    """Votes that assign codes to factors. The paper has 800 and measures the accuracy on the same votes."""

    test_votes: PositiveInt = 5_000
    """Votes that the accuracy is measured on, drawn independently."""

    least_deviation: NonNegativeFloat = 0.05
    """Codes whose standard deviation over the images is below this do not vote."""
