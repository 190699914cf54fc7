"""The likelihoods as recipes declare them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import PositiveFloat, ValidationError, ValidatorFunctionWrapHandler, field_validator
from pydantic_core import PydanticCustomError

from bvtk.component import LikelihoodSpec, register_likelihood
from bvtk.protocols import ImageShape

if TYPE_CHECKING:
    from bvtk.protocols import Likelihood


@register_likelihood("bernoulli")
class Bernoulli(LikelihoodSpec):
    """Pixels on or off, independently; the decoder gives logits.

    Binary cross-entropy in nats, summed over pixels and channels. For images that are not binary it is a loss
    still, but no log-likelihood.
    """

    def build(self, image: ImageShape) -> Likelihood:  # noqa: ARG002
        """The likelihood as a module."""
        from bvtk.models import likelihoods

        return likelihoods.Bernoulli()


@register_likelihood("gaussian")
class Gaussian(LikelihoodSpec):
    """Pixels with a normal density around the decoder's output, one σ for all of them.

    In nats with the normaliser, so it can be negative. Rybkin et al. 2021 (2006.13202) for `learned` and `optimal`,
    whose log σ is softly clipped at −6.
    """

    sigma: PositiveFloat | Literal["learned", "optimal"] = 1.0
    """Standard deviation in units of intensity (0 to 1): a number, `learned`, or `optimal` for that of each batch."""

    @field_validator("sigma", mode="wrap")
    @classmethod
    def _one_error(cls, value: object, handler: ValidatorFunctionWrapHandler) -> object:
        try:
            return handler(value)
        except ValidationError:  # one error for each member of the union, their names in its place
            raise PydanticCustomError("sigma", "must be a positive number, 'learned' or 'optimal'") from None

    def build(self, image: ImageShape) -> Likelihood:  # noqa: ARG002
        """The likelihood as a module, with a parameter `log_sigma` where σ is learned."""
        from bvtk.models import likelihoods

        return likelihoods.Gaussian(self.sigma)


@register_likelihood("laplace")
class Laplace(LikelihoodSpec):
    """Pixels with a Laplace density around the decoder's output: an absolute instead of a squared error.

    In nats with the normaliser, so it can be negative.
    """

    scale: PositiveFloat = 1.0
    """Mean absolute deviation in units of intensity (0 to 1)."""

    def build(self, image: ImageShape) -> Likelihood:  # noqa: ARG002
        """The likelihood as a module."""
        from bvtk.models import likelihoods

        return likelihoods.Laplace(self.scale)
