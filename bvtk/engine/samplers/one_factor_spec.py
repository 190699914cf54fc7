"""Batches in which one factor varies, as recipes declare them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from bvtk.component import SamplerSpec, register_sampler
from bvtk.protocols import Dataset, Sampler

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@register_sampler("one_factor")
class OneFactor(SamplerSpec):
    """Batches whose images differ in one factor alone; the model is told which.

    Kulkarni et al. 2015 (1503.03167), section 3.1. Gives the fact `varied`, the name of the factor. Needs a data set
    with factors.
    """

    gives: ClassVar[frozenset[str]] = frozenset({"varied"})

    def build(self, dataset: Dataset, indices: NDArray[np.int64], batch_size: int, seed: int) -> Sampler:
        from bvtk.engine.samplers.one_factor import one_factor_sampler

        return one_factor_sampler(dataset, indices, batch_size, seed)
