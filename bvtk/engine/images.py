"""Images in the form that networks take."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from bvtk.protocols import Dataset


def scale_images(images: NDArray[np.uint8], peak: int) -> NDArray[Any]:
    """Images (n, C, H, W) in float32, within [0, 1], from uint8 with a fully lit pixel of `peak`."""
    scaled = images.astype(np.float32)
    return scaled if peak == 1 else scaled * np.float32(1 / peak)


def load_images(dataset: Dataset, index: NDArray[np.int64], device: torch.device) -> torch.Tensor:
    """Images (n, C, H, W) of these indices (n,), in [0, 1], channels last in memory, on a device."""
    images = torch.from_numpy(scale_images(dataset.images(index), dataset.peak))
    return images.to(device, memory_format=torch.channels_last)
