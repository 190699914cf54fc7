"""Codes to compare others with, in recipes: the pixels of an image, and its factors."""

from __future__ import annotations

from bvtk.component import ModelSpec, register_model
from bvtk.errors import UsageError
from bvtk.protocols import Dataset, ImageShape, Model


@register_model("pixels")
class Pixels(ModelSpec):
    """The pixels of an image as its code: a baseline that learns nothing.

    Baseline of Higgins et al. 2017, figure 6.
    """

    learns = "nothing"
    gives = frozenset({"reconstruction"})

    def build(self, image: ImageShape) -> Model:
        from bvtk.models import baselines

        return baselines.Pixels(image)


@register_model("ground_truth")
class GroundTruth(ModelSpec):
    """The factors of an image, each scaled to [0, 1], as its code: a perfect code for comparison.

    It is fitted to learn the number of values of each factor, and makes no images. Baseline of Higgins et al. 2017,
    figure 6.
    """

    learns = "fit"
    reads = "factors"

    def build(self, image: ImageShape) -> Model:  # noqa: ARG002
        from bvtk.models import baselines

        return baselines.GroundTruth()

    def check(self, dataset: Dataset) -> None:
        if not dataset.factor_names:
            raise UsageError(
                "model 'ground_truth' reads ground-truth factors, but the data set has none",
                "choose a data set with factors (`arrays` reads them from an .npz)",
            )
