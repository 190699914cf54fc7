"""An autoencoder with quantised codes and the objective that trains it; `recipes/quantised.yaml` uses both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from pydantic import Field, PositiveInt

import bvtk

if TYPE_CHECKING:
    import torch


class QuantisedPass(NamedTuple):
    """A training pass: reconstruction (B,) in nats per image, and codes (B, latents) on their way to the decoder."""

    reconstruction: torch.Tensor
    z_continuous: torch.Tensor
    z_quantised: torch.Tensor
    z: torch.Tensor

    def tensors(self) -> Mapping[str, torch.Tensor]:
        """What to check if a loss is not finite."""
        return {"codes": self.z_continuous, "quantised codes": self.z_quantised}

    def figures(self) -> dict[str, float]:
        """How many values a latent takes in the batch, averaged over the latents."""
        changes = self.z_quantised.sort(dim=0).values.diff(dim=0).count_nonzero().item()
        return {"values_in_use": 1 + changes / self.z_quantised.shape[1]}


@bvtk.register_model("quantised")
class Quantised(bvtk.ModelSpec):
    """An autoencoder whose latents each take one of a few learned values.

    Latent quantization, Hsu et al. 2023 (2305.18378). The encoder gets the gradient of the decoder's input as it is.
    """

    gives: ClassVar[frozenset[str]] = frozenset({"reconstruction", "sample", "quantised"})
    capturable: ClassVar[bool | None] = True
    latents: PositiveInt = 10
    """Number of latents. The authors use twice as many as there are factors."""
    values: int = Field(default=10, ge=2)
    """Values of each latent, evenly spaced from −½ to ½ at first."""
    encoder: bvtk.Encoder
    """Maps images to one number per latent."""
    decoder: bvtk.Decoder
    """Maps latents to the logits of the pixels, which are Bernoulli distributed."""

    def build(self, image: bvtk.ImageShape) -> Any:
        """The model, randomly initialised from torch's current seed."""
        from torch import linspace, nn

        class Autoencoder(nn.Module):
            def __init__(self, spec: Quantised) -> None:
                super().__init__()
                self.latents = spec.latents
                self.encoder = spec.encoder.build(image, spec.latents)
                self.decoder = spec.decoder.build(spec.latents, image)
                self.codebook = nn.Parameter(linspace(-0.5, 0.5, spec.values).repeat(spec.latents, 1))

            def forward(self, x: torch.Tensor, generator: torch.Generator | None = None) -> QuantisedPass:  # noqa: ARG002
                code = self.encoder(x).float()
                value = self.nearest(code)
                z = code + (value - code).detach()
                nll = nn.functional.binary_cross_entropy_with_logits(self.decoder(z).float(), x, reduction="none")
                return QuantisedPass(nll.flatten(1).sum(dim=1), code, value, z)

            def nearest(self, code: torch.Tensor) -> torch.Tensor:
                index = (code[:, :, None] - self.codebook).abs().argmin(dim=2)
                return (nn.functional.one_hot(index, self.codebook.shape[1]) * self.codebook).sum(dim=2)

            def encode(self, x: torch.Tensor) -> tuple[torch.Tensor, None]:
                return self.nearest(self.encoder(x).float()), None

            def decode(self, z: torch.Tensor) -> Any:
                return self.decoder(z).float().sigmoid()

            def traversal_values(self, latent: int) -> Sequence[float]:
                return sorted(self.codebook[latent].tolist())

        return Autoencoder(self)


@bvtk.register_objective("quantised")
class QuantisedObjective(bvtk.ObjectiveSpec):
    """Reconstruction + N·(λ_q + λ_c)·quantisation error, in nats per image of N pixels.

    Hsu et al. 2023 (2305.18378). λ_q moves the codebook, λ_c the encoder. The error is squared and averaged over
    latents, and the authors average the reconstruction over pixels. Here it is a sum, so the factor N keeps their
    weights: the loss is N times theirs. Beside a sum over latents, as in β·KL, a weight would be λ·N/latents.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"reconstruction", "quantised"})
    capturable: ClassVar[bool | None] = True
    quantisation: bvtk.Weight = Field(default=0.01, validate_default=True)
    """Weight λ_q: 0.01 in the paper, 0.001 on dSprites."""
    commitment: bvtk.Weight = Field(default=0.01, validate_default=True)
    """Weight λ_c: 0.01 in the paper, 0.001 on dSprites."""

    def build(self, context: bvtk.ObjectiveContext) -> Any:
        """The objective as a module."""
        from torch import nn

        class Objective(nn.Module):
            def __init__(self, spec: QuantisedObjective) -> None:
                super().__init__()
                self.quantisation = spec.quantisation.build(context.training_steps)
                self.commitment = spec.commitment.build(context.training_steps)

            def forward(self, outputs: QuantisedPass, step: int) -> dict[str, torch.Tensor]:
                reconstruction, code, value = outputs.reconstruction.mean(), outputs.z_continuous, outputs.z_quantised
                error = (code.detach() - value).square().mean()
                pull = self.quantisation(step) * error + self.commitment(step) * (code - value.detach()).square().mean()
                terms = {"reconstruction": reconstruction.detach(), "quantisation_error": error.detach()}
                return {"loss": reconstruction + context.image.pixels * pull, **terms}

        return Objective(self)
