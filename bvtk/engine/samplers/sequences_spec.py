"""Consecutive images as recipes declare them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from bvtk.component import SamplerSpec, register_sampler
from bvtk.protocols import Dataset, Sampler

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@register_sampler("sequences")
class Sequences(SamplerSpec):
    """Pairs of consecutive images of a sequence, such as a video.

    Klindt et al. 2021 (2007.10930). Gives the role `x_pair`, the image that follows each. Both images of a pair train.
    Needs a data set with sequences (`arrays` reads them from an .npz).
    """

    gives: ClassVar[frozenset[str]] = frozenset({"x_pair"})

    def build(self, dataset: Dataset, indices: NDArray[np.int64], batch_size: int, seed: int) -> Sampler:
        from bvtk.engine.samplers.sequences import sequence_sampler

        return sequence_sampler(dataset, indices, batch_size, seed)
