"""InfoGAN. Chen et al. 2016 (1606.03657).

Shapes: B images, C channels, H height, W width, L codes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn.functional import softplus

from bvtk.errors import UsageError
from bvtk.models.networks.infogan import Discriminator, Generator
from bvtk.passes import ACTIVE_VARIANCE
from bvtk.protocols import ImageShape

LOGVAR_FLOOR = -6.0
"""Lower bound of recognised log-variances (σ = 0.05): gradients grow with 1/σ², and nothing else bounds them."""


@dataclass(frozen=True)
class InfoGanPass:
    """InfoGAN's training pass, with the attributes of `passes.Adversarial`. All in float32."""

    real_logits: torch.Tensor
    fake_logits: torch.Tensor
    codes: torch.Tensor
    mu: torch.Tensor
    logvar: torch.Tensor

    def tensors(self) -> Mapping[str, torch.Tensor]:
        """What to check if a loss is not finite."""
        return {
            "logits of real images": self.real_logits,
            "logits of generated images": self.fake_logits,
            "recognised means": self.mu,
            "recognised log-variances": self.logvar,
        }

    def figures(self) -> dict[str, float]:
        """How many recognised codes respond to the generated images of the batch."""
        return {"active_units": int((self.mu.detach().var(dim=0) > ACTIVE_VARIANCE).sum())}


def draw_uniform(count: int, size: int, generator: torch.Generator | None = None) -> torch.Tensor:
    """Draws (count, size) from U(−1, 1), on the generator's device; torch's default generator if None."""
    device = generator.device if generator else None
    return 2 * torch.rand(count, size, generator=generator, device=device) - 1


class InfoGan(nn.Module):
    """A generator, and a discriminator that also recognises codes.

    Args:
        latents: number of codes, L.
        noise: number of noise variables.
        instance_noise: standard deviation of the noise on images during training; Sønderby et al. 2017 (1610.04490).

    Raises:
        UsageError: if the images can't be halved three times.
    """

    def __init__(self, latents: int, noise: int, image: ImageShape, instance_noise: float) -> None:
        super().__init__()
        self.latents = latents
        self.noise = noise
        self.generator = Generator(latents + noise, image)
        self.discriminator = Discriminator(latents, image)
        self.instance_noise = instance_noise

    def forward(self, x: torch.Tensor, generator: torch.Generator | None = None) -> InfoGanPass:
        """Outputs of both players for real images (B, C, H, W) and as many generated ones, float32 under autocast too.

        Batch normalisation treats real and generated images as separate batches. The generator draws codes, noise and
        instance noise; torch's default if None.

        Raises:
            UsageError: if a training batch has only one image.
        """
        if self.training and len(x) < 2:
            raise UsageError(
                "infogan needs at least 2 images per training batch for batch normalisation, found 1",
                "set training.batch_size to at least 2",
            )
        inputs = draw_uniform(len(x), self.latents + self.noise, generator).to(x.device)
        real_logits = self.discriminator.decide(self.discriminator.features(self._blur(2 * x - 1, generator)))
        features = self.discriminator.features(self._blur(self.generator(inputs), generator))
        fake_logits = self.discriminator.decide(features)
        mu, logvar = self.discriminator.recognise(features)
        return InfoGanPass(real_logits, fake_logits, inputs[:, : self.latents], mu, above_floor(logvar))

    def encode(self, x: torch.Tensor) -> tuple[torch.Tensor, None]:
        """Means (B, L) of the codes recognised in images (B, C, H, W) in [0, 1], float32; no posterior."""
        mu, _ = self.discriminator.recognise(self.discriminator.features(2 * x - 1))
        return mu, None

    def decode(self, z: torch.Tensor) -> torch.Tensor:
        """Images (B, C, H, W) in [0, 1], float32, generated from codes (B, L) with noise 0."""
        x: torch.Tensor = self.generator(torch.cat([z, z.new_zeros(len(z), self.noise)], dim=1))
        return (x + 1) / 2

    def traversal_values(self, latent: int) -> list[float]:  # noqa: ARG002 - all codes have the same prior
        """Eleven values evenly over [−1, 1], the range of the prior."""
        return [step / 5 for step in range(-5, 6)]

    def _blur(self, x: torch.Tensor, generator: torch.Generator | None) -> torch.Tensor:
        if not self.training or not self.instance_noise:
            return x
        device = generator.device if generator else x.device
        noise = torch.randn(x.shape, generator=generator, device=device).to(x.device)
        return x + self.instance_noise * noise


def above_floor(logvar: torch.Tensor) -> torch.Tensor:
    """Bounds log-variances smoothly from below by `LOGVAR_FLOOR`; large ones stay as they are."""
    return LOGVAR_FLOOR + softplus(logvar - LOGVAR_FLOOR)
