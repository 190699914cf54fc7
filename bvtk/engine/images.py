"""Which images train, and images in the form that networks take."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from bvtk.protocols import Dataset
from bvtk.seeding import derive


def scale_images(images: NDArray[np.uint8], peak: int) -> NDArray[Any]:
    """Images (n, C, H, W) in float32, within [0, 1], from uint8 with a fully lit pixel of `peak`."""
    scaled = images.astype(np.float32)
    return scaled if peak == 1 else scaled * np.float32(1 / peak)


def load_images(dataset: Dataset, index: NDArray[np.int64], device: torch.device) -> torch.Tensor:
    """Images (n, C, H, W) of these indices (n,), in [0, 1], channels last in memory, on a device."""
    images = torch.from_numpy(scale_images(dataset.images(index), dataset.peak))
    return images.to(device, memory_format=torch.channels_last)


def split(size: int, held_out: float, seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Divides a data set into images that train and images that never do.

    `held_out` is the share of the images that never train: at least one if it is above 0 and there are two.

    Returns:
        Ascending indices of the training images and of the held-out ones.
    """
    count = min(max(round(held_out * size), 1), size - 1) if held_out > 0 else 0
    shuffled = np.random.default_rng(derive(seed, "held out")).permutation(size)
    return np.sort(shuffled[count:]), np.sort(shuffled[:count])
