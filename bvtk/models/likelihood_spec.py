"""The likelihoods in recipes."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import PositiveFloat

from bvtk.component import LikelihoodSpec, one_error, register_likelihood
from bvtk.protocols import ImageShape, Likelihood


@register_likelihood("bernoulli")
class Bernoulli(LikelihoodSpec):
    """Independent binary pixels; the decoder outputs logits.

    Binary cross-entropy in nats, summed over pixels and channels. For images that are not binary it is a loss, but not
    a log-likelihood.
    """

    def build(self, image: ImageShape) -> Likelihood:  # noqa: ARG002
        from bvtk.models import likelihoods

        return likelihoods.Bernoulli()


@register_likelihood("gaussian")
class Gaussian(LikelihoodSpec):
    """Normal density around the decoder's output, with one σ for all pixels.

    In nats, normaliser included, so it can be negative. Rybkin et al. 2021 (2006.13202) for `learned` and `optimal`,
    whose log σ is at least −6.
    """

    sigma: Annotated[
        PositiveFloat | Literal["learned", "optimal"], one_error("a positive number, 'learned' or 'optimal'")
    ] = 1.0
    """Standard deviation in units of intensity (0 to 1): a number, `learned`, or `optimal`, the best of each batch."""

    def build(self, image: ImageShape) -> Likelihood:  # noqa: ARG002
        from bvtk.models import likelihoods

        return likelihoods.Gaussian(self.sigma)


@register_likelihood("laplace")
class Laplace(LikelihoodSpec):
    """Laplace density around the decoder's output: an absolute instead of a squared error.

    In nats, normaliser included, so it can be negative.
    """

    scale: PositiveFloat = 1.0
    """Mean absolute deviation in units of intensity (0 to 1)."""

    def build(self, image: ImageShape) -> Likelihood:  # noqa: ARG002
        from bvtk.models import likelihoods

        return likelihoods.Laplace(self.scale)
