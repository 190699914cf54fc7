"""The networks of InfoGAN, as Higgins et al. 2017 (appendix) chose them for 2D shapes.

Shapes: B images, C channels, H height, W width, L codes, Z codes and noise, F features.
A layer that batch normalisation follows has no bias.
"""

from __future__ import annotations

import torch
from einops import rearrange
from torch import nn

from bvtk.errors import UsageError
from bvtk.protocols import ImageShape

CHANNELS = (64, 128, 4)
"""Channels of the feature maps at 1/2, 1/4 and 1/8 of the image size; 4 maps of 8×8 are the FC 256 of the paper."""
HIDDEN = 256
SLOPE = 0.2
"""Slope of the leaky ReLU below 0, as in the authors' code."""


def smallest_maps(image: ImageShape) -> tuple[int, int]:
    """Height and width of an image that is halved three times.

    Raises:
        UsageError: if they are not whole numbers.
    """
    if image.height % 8 or image.width % 8:
        raise UsageError(
            f"infogan halves images three times, so their height and width must be multiples of 8, found {image}",
            "scale or pad the images",
        )
    return image.height // 8, image.width // 8


class Generator(nn.Module):
    """Generates images: FC 256, 256 as 4 maps of 8×8, transposed 4×4 convolutions of stride 2 to 128, 64, C, then tanh.

    The second layer has 256 units if the images are 64×64.

    Raises:
        UsageError: if the images can't be halved three times.
    """

    def __init__(self, inputs: int, image: ImageShape) -> None:
        super().__init__()
        self.height, self.width = smallest_maps(image)
        fine, coarse, small = CHANNELS
        self.hidden = nn.Sequential(*_dense(inputs, HIDDEN), *_dense(HIDDEN, small * self.height * self.width))
        self.convolutions = nn.Sequential(
            nn.ConvTranspose2d(small, coarse, 4, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(coarse),
            nn.ReLU(),
            nn.ConvTranspose2d(coarse, fine, 4, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(fine),
            nn.ReLU(),
            nn.ConvTranspose2d(fine, image.channels, 4, stride=2, padding=1),
        )

    def forward(self, z_BZ: torch.Tensor) -> torch.Tensor:
        """Images (B, C, H, W) in [−1, 1], float32, of codes and noise (B, Z)."""
        # Channels last, as convolutions keep them in memory, so that nothing is copied.
        h = rearrange(self.hidden(z_BZ), "b (h w c) -> b c h w", h=self.height, w=self.width)
        output: torch.Tensor = self.convolutions(h)
        return torch.tanh(output.float())


class Discriminator(nn.Module):
    """Classifies images as real or generated, and recognises the codes of generated ones.

    The generator in reverse, with leaky ReLU. Shared: 4×4 convolutions of stride 2 to 64, 128 and 4 maps. To classify:
    FC 256, 256, 1. To recognise: FC 128, then means and log-variances of the codes.

    Raises:
        UsageError: if the images can't be halved three times.
    """

    def __init__(self, latents: int, image: ImageShape) -> None:
        super().__init__()
        height, width = smallest_maps(image)
        fine, coarse, small = CHANNELS
        features = small * height * width
        self.convolutions = nn.Sequential(
            nn.Conv2d(image.channels, fine, 4, stride=2, padding=1),
            nn.LeakyReLU(SLOPE),
            nn.Conv2d(fine, coarse, 4, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(coarse),
            nn.LeakyReLU(SLOPE),
            nn.Conv2d(coarse, small, 4, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(small),
            nn.LeakyReLU(SLOPE),
        )
        self.decision = nn.Sequential(
            *_dense(features, HIDDEN, leaky=True), *_dense(HIDDEN, HIDDEN, leaky=True), nn.Linear(HIDDEN, 1)
        )
        self.recognition = nn.Sequential(*_dense(features, 128, leaky=True), nn.Linear(128, 2 * latents))

    def features(self, x_BCHW: torch.Tensor) -> torch.Tensor:
        """The input (B, F) of both heads, from images (B, C, H, W) in [−1, 1]."""
        maps_BCHW: torch.Tensor = self.convolutions(x_BCHW)
        return rearrange(maps_BCHW, "b c h w -> b (h w c)")

    def decide(self, features_BF: torch.Tensor) -> torch.Tensor:
        """Logits (B,) that the images are real; float32."""
        logits_B1: torch.Tensor = self.decision(features_BF)
        return rearrange(logits_B1.float(), "b 1 -> b")

    def recognise(self, features_BF: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Means and log-variances of the codes, (B, L) each; float32."""
        mu_BL, logvar_BL = self.recognition(features_BF).float().chunk(2, dim=1)
        return mu_BL, logvar_BL


def _dense(inputs: int, outputs: int, leaky: bool = False) -> list[nn.Module]:
    activation = nn.LeakyReLU(SLOPE) if leaky else nn.ReLU()
    return [nn.Linear(inputs, outputs, bias=False), nn.BatchNorm1d(outputs), activation]
