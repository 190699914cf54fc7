"""The samplers in recipes: what a training batch consists of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import ValidationError, ValidatorFunctionWrapHandler, field_validator
from pydantic_core import PydanticCustomError

from bvtk.component import SamplerSpec, register_sampler
from bvtk.protocols import Dataset, Sampler

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@register_sampler("shuffled")
class Shuffled(SamplerSpec):
    """Images at random: every epoch shows each training image once, in a new order.

    If the data set says that some images are likelier than others, images are drawn independently with these
    probabilities instead.
    """

    def build(self, dataset: Dataset, indices: NDArray[np.int64], batch_size: int, seed: int) -> Sampler:
        from bvtk.engine.samplers.draws import ShuffledSampler, weighted_sampler

        if dataset.weights is not None:
            return weighted_sampler(dataset, indices, batch_size, seed)
        return ShuffledSampler(indices, batch_size, seed)


@register_sampler("one_factor")
class OneFactor(SamplerSpec):
    """Batches whose images differ in one factor alone; the model is told which.

    Kulkarni et al. 2015 (1503.03167), section 3.1. Gives the fact `varied`, the name of the factor. Needs a data set
    with factors.
    """

    gives: ClassVar[frozenset[str]] = frozenset({"varied"})

    def build(self, dataset: Dataset, indices: NDArray[np.int64], batch_size: int, seed: int) -> Sampler:
        from bvtk.engine.samplers.factors import one_factor_sampler

        return one_factor_sampler(dataset, indices, batch_size, seed)


@register_sampler("sequences")
class Sequences(SamplerSpec):
    """Pairs of consecutive images of a sequence, such as a video.

    Klindt et al. 2021 (2007.10930). Gives the role `x_pair`, the image that follows each. Both images of a pair train.
    Needs a data set with sequences (`arrays` reads them from an .npz).
    """

    gives: ClassVar[frozenset[str]] = frozenset({"x_pair"})

    def build(self, dataset: Dataset, indices: NDArray[np.int64], batch_size: int, seed: int) -> Sampler:
        from bvtk.engine.samplers.pairs import sequence_sampler

        return sequence_sampler(dataset, indices, batch_size, seed)


@register_sampler("pairs")
class Pairs(SamplerSpec):
    """Pairs of images that share all but a few factors: weak supervision.

    Locatello et al. 2020 (2002.02886), section 5.1. Gives the role `x_pair`, the partner of each image, and the label
    `redrawn`, (B, k) booleans over the factors of the data set: which of them were drawn again. Only model
    variants that use labels may look at it. Both images of a pair train. Needs a data set with factors.
    """

    gives: ClassVar[frozenset[str]] = frozenset({"x_pair", "redrawn"})

    changed: Literal[1, "random"] = 1
    """How many factors are drawn again for the partner: 1, or `random` for 1 in half of the pairs and any number from
    1 to one less than the number of factors in the others, as in the authors' code."""

    must_change: bool = False
    """Whether a factor that is drawn again must get another value. The paper's model says so; the authors' code lets it
    keep its value."""

    @field_validator("changed", mode="wrap")
    @classmethod
    def _one_or_random(cls, value: Any, validate: ValidatorFunctionWrapHandler) -> Any:
        try:
            if isinstance(value, bool):
                raise PydanticCustomError("changed", "expected 1 or random")
            return validate(value)
        except ValidationError:
            raise PydanticCustomError("changed", "expected 1 or random") from None

    def build(self, dataset: Dataset, indices: NDArray[np.int64], batch_size: int, seed: int) -> Sampler:
        from bvtk.engine.samplers.pairs import PairSampler, Rule

        return PairSampler(dataset, indices, batch_size, seed, Rule(self.changed, self.must_change))
