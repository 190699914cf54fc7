"""Shuffled batches as recipes declare them."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
        from bvtk.engine.samplers.shuffled import ShuffledSampler, weighted_sampler

        if dataset.weights is not None:
            return weighted_sampler(dataset, indices, batch_size, seed)
        return ShuffledSampler(indices, batch_size, seed)
