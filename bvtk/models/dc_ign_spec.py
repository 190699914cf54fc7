"""DC-IGN in recipes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Self

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from bvtk.component import Decoder, Encoder, register_model
from bvtk.errors import UsageError
from bvtk.models.networks import decoder_spec, encoder_spec
from bvtk.models.vae_spec import Vae
from bvtk.protocols import Dataset, ImageShape, Model


@register_model("dc_ign")
class DcIgn(Vae):
    """Semi-supervised DC-IGN: a VAE with latents for known factors, trained on batches in which one factor varies.

    Kulkarni et al. 2015 (1503.03167). All latents except those of the factor that varies are clamped to their batch
    mean, and pulled there. Needs a data set with factors.
    """

    takes = frozenset({"varied"})
    sampler = "one_factor"

    encoder: Encoder = encoder_spec.DcIgn()
    """Maps images to the means and log-variances of the latents."""

    decoder: Decoder = decoder_spec.DcIgn()
    """Maps latents to the input of the likelihood."""

    factors: tuple[str, ...] = ("scale", "x", "y", "orientation")
    """Factors with a latent of their own, from the first latent on; all other factors share the remaining latents."""

    @model_validator(mode="after")
    def _each_has_a_latent(self) -> Self:
        if len(self.factors) > self.latents:
            context = {"factors": len(self.factors), "latents": self.latents}
            message = "{factors} factors need at least {factors} latents, found {latents}"
            raise PydanticCustomError("factors", message, context)
        for name, times in Counter(self.factors).items():
            if times > 1:
                repeated = {"name": repr(name), "times": times}
                raise PydanticCustomError("factors", "factor {name} appears {times} times", repeated)
        return self

    def check(self, dataset: Dataset) -> None:
        names = dataset.factor_names
        if not names:
            raise UsageError(
                "model 'dc_ign' learns from batches in which one factor varies, but the data set has no factors",
                "choose a data set with factors (`arrays` reads them from an .npz), or another model",
            )
        if missing := [name for name in self.factors if name not in names]:
            raise UsageError(
                f"model 'dc_ign' has a latent for {_listed(missing)}, but the data set only has {_listed(names)}",
                f"name only factors of the data set: model.factors=[{', '.join(names[: self.latents])}]",
            )
        others = [name for name in names if name not in self.factors]
        if others and len(self.factors) == self.latents:
            raise UsageError(
                f"model 'dc_ign' has no latent left for {_listed(others)}",
                f"set model.latents to more than {self.latents}, or name fewer factors in model.factors",
            )

    def build(self, image: ImageShape) -> Model:
        from bvtk.models import dc_ign

        return dc_ign.DcIgn(self.latents, *self._parts(image), self.factors)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names))
