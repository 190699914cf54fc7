"""Training passes, which are the outputs of models for a batch, and names for what a pass can have.

Objectives list what they need (`ObjectiveSpec.needs`), models what they give (`ModelSpec.gives`). Shapes: B images,
C channels, H × W pixels, L latents. Importing this module does not import torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    import torch


class Pass(Protocol):
    """A training pass. All tensors are float32.

    Further attributes depend on the model: see `CAPABILITIES`.
    """

    def tensors(self) -> Mapping[str, torch.Tensor]:
        """Tensors to check, in this order, if a loss is not finite; the error names the first that is not finite."""

    def figures(self) -> dict[str, float]:
        """Values to log in addition to the objective's terms."""


@runtime_checkable
class Reconstructing(Protocol):
    """A pass with a reconstruction: (B,) −log p(x|z) in nats per image, summed over pixels and channels."""

    reconstruction: torch.Tensor


@runtime_checkable
class GaussianPosterior(Protocol):
    """A pass with a diagonal Gaussian posterior.

    Attributes:
        mu: (B, L) means.
        logvar: (B, L) log-variances, clamped.
        kl: (B, L) KL from the prior in nats per image and latent.
    """

    mu: torch.Tensor
    logvar: torch.Tensor
    kl: torch.Tensor


@runtime_checkable
class Sampled(Protocol):
    """A pass with a sample of the code: z (B, L), one per image, the decoder's input."""

    z: torch.Tensor


class Bound(Reconstructing, GaussianPosterior, Protocol):
    """A pass with both terms of the evidence lower bound."""


class SampledBound(Bound, Sampled, Protocol):
    """The same with the sample that was decoded."""


@runtime_checkable
class Quantised(Protocol):
    """A pass with a quantised code.

    Attributes:
        z_continuous: (B, L) the code before it is quantised.
        z_quantised: (B, L) the nearest values, without a gradient to `z_continuous`.
    """

    z_continuous: torch.Tensor
    z_quantised: torch.Tensor


@runtime_checkable
class Adversarial(Protocol):
    """A pass of a generator and of a discriminator that also recognises codes.

    Attributes:
        real_logits: (B,) the discriminator's output for real images.
        fake_logits: (B,) its output for generated images.
        codes: (B, L) codes of the generated images, drawn from U(−1, 1).
        mu: (B, L) means of the codes recognised in them.
        logvar: (B, L) their log-variances.
    """

    real_logits: torch.Tensor
    fake_logits: torch.Tensor
    codes: torch.Tensor
    mu: torch.Tensor
    logvar: torch.Tensor


CAPABILITIES: Mapping[str, type] = {
    "reconstruction": Reconstructing,
    "posterior": GaussianPosterior,
    "sample": Sampled,
    "quantised": Quantised,
    "adversaries": Adversarial,
}
"""What models give and objectives need, by name, with the attributes of the training pass. Plugins may use other names
for their own passes."""

ACTIVE_VARIANCE = 0.01
"""Variance of the posterior means above which a latent counts as active (Burda et al. 2016)."""


@dataclass(frozen=True)
class Outputs:
    """A VAE's training pass: a reconstruction, a Gaussian posterior and a sample of it. All in float32.

    Attributes:
        x: (B, C, H, W) the images, in [0, 1].
        mu: (B, L) posterior means.
        logvar: (B, L) posterior log-variances, clamped.
        z: (B, L) one sample of the posterior.
        reconstruction: (B,) −log p(x|z) in nats per image, summed over pixels and channels.
        kl: (B, L) KL(q(z|x) ‖ N(0, 1)) in nats per image and latent.
    """

    x: torch.Tensor
    mu: torch.Tensor
    logvar: torch.Tensor
    z: torch.Tensor
    reconstruction: torch.Tensor
    kl: torch.Tensor

    def tensors(self) -> Mapping[str, torch.Tensor]:
        """What to check if a loss is not finite."""
        return {"images": self.x, "posterior means": self.mu, "posterior log-variances": self.logvar}

    def figures(self) -> dict[str, float]:
        """Number of latents that respond to the images of the batch."""
        return {"active_units": int((self.mu.detach().var(dim=0) > ACTIVE_VARIANCE).sum())}
