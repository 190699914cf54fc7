"""Codes that nothing has learnt, as recipes declare them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from bvtk.component import ModelSpec, register_model
from bvtk.errors import UsageError
from bvtk.protocols import Dataset, ImageShape

if TYPE_CHECKING:
    from bvtk.protocols import Model


@register_model("pixels")
class Pixels(ModelSpec):
    """The pixels themselves as the code: what a score gives to no model at all.

    Baseline of Higgins et al. 2017, figure 6.
    """

    learns: ClassVar[Literal["steps", "fit", "nothing"]] = "nothing"
    gives: ClassVar[frozenset[str]] = frozenset({"reconstruction"})

    def build(self, image: ImageShape) -> Model:
        """The model, one latent a pixel."""
        from bvtk.models import references

        return references.Pixels(image)


@register_model("ground_truth")
class GroundTruth(ModelSpec):
    """The factors themselves as the code, each scaled to [0, 1]: what a score gives to perfection.

    It is fitted to know how many values each factor has, and makes no images. Higgins et al. 2017, figure 6.
    """

    learns: ClassVar[Literal["steps", "fit", "nothing"]] = "fit"
    reads: ClassVar[Literal["images", "factors"]] = "factors"

    def build(self, image: ImageShape) -> Model:  # noqa: ARG002
        """The model, which knows no factors yet."""
        from bvtk.models import references

        return references.GroundTruth()

    def check(self, dataset: Dataset) -> None:
        """Checks that there are factors to read.

        Raises:
            UsageError: where there are none.
        """
        if not dataset.factor_names:
            raise UsageError(
                "model 'ground_truth' reads ground-truth factors, and the data set has none",
                "give a data set with factors (`arrays` reads them from an .npz)",
            )
