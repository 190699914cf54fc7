"""What the tests of linear models share: picture sets, and models fitted on them."""

from __future__ import annotations

import numpy as np
import torch

from bvtk.component import models, parse
from bvtk.data.factors import FactorTable
from bvtk.data.imageset import Bytes, ImageSet
from bvtk.protocols import ImageShape

IMAGE = ImageShape(2, 4, 5)


def picture_set(images: np.ndarray) -> ImageSet:
    return ImageSet(Bytes(images), FactorTable((), np.zeros((0, 0), np.int64)), 255, {"source": "test"})


def fitted(data: ImageSet, kind: str, seed: int = 0, **fields):
    model = parse(models.get(kind), fields).build(data.image_shape)
    model.fit(data, np.arange(len(data)), seed)
    return model


def pixels(data: ImageSet) -> torch.Tensor:
    return torch.from_numpy(data.images(np.arange(len(data))).astype(np.float32) / 255)
