"""A plugin: an autoencoder whose codes take the values of a codebook. It has no posterior, and logs no active units."""

from typing import ClassVar, NamedTuple

import torch
from torch import nn

import bvtk

BOOK = ([-1.0, 0.0, 1.0], [0.0, 0.25, 0.5, 0.75])
"""The values of each latent."""


class Quantised(NamedTuple):
    z_continuous: torch.Tensor
    z_quantised: torch.Tensor
    reconstruction: torch.Tensor

    def tensors(self):
        return {"codes": self.z_continuous}

    def figures(self):
        return {}


class Autoencoder(nn.Module):
    latents = len(BOOK)

    def __init__(self, image):
        super().__init__()
        self.encoder = nn.Sequential(nn.Flatten(), nn.Linear(image.pixels, self.latents))
        self.decoder = nn.Sequential(nn.Linear(self.latents, image.pixels), nn.Sigmoid(), nn.Unflatten(1, image))

    def traversal_values(self, latent):
        return BOOK[latent]

    def quantise(self, z):
        books = [torch.tensor(book, device=z.device) for book in BOOK]
        return torch.stack([b[(z[:, i, None] - b).abs().argmin(dim=1)] for i, b in enumerate(books)], dim=1)

    def encode(self, x):
        return self.quantise(self.encoder(x).float()), None

    def decode(self, z):
        return self.decoder(z).float()

    def forward(self, x, generator=None):
        continuous = self.encoder(x).float()
        quantised = self.quantise(continuous)
        decoded = self.decode(continuous + (quantised - continuous).detach())
        return Quantised(continuous, quantised, (decoded - x).square().flatten(1).sum(dim=1))


@bvtk.register_model("quantised")
class QuantisedModel(bvtk.ModelSpec):
    """A quantised autoencoder."""

    gives: ClassVar[frozenset[str]] = frozenset({"reconstruction", "quantised"})

    def build(self, image):
        return Autoencoder(image)


class Commitment(nn.Module):
    def forward(self, outputs, step):
        commitment = (outputs.z_continuous - outputs.z_quantised).square().sum(dim=1).mean()
        reconstruction = outputs.reconstruction.mean()
        return {"loss": reconstruction + commitment, "reconstruction": reconstruction, "commitment": commitment}


@bvtk.register_objective("commitment")
class CommitmentObjective(bvtk.ObjectiveSpec):
    """Reconstruction and commitment to the codebook."""

    needs: ClassVar[frozenset[str]] = frozenset({"reconstruction", "quantised"})

    def build(self, context):
        return Commitment()
