"""Likelihoods p(x|z) of images.

Shapes: B images, C channels, H height, W width. Each `nll` is −log p(x|z) in nats per image, summed over pixels and
channels, all constants included. So values of the densities (gaussian, laplace) are comparable with each other, but not
with those of probabilities (bernoulli).
"""

from __future__ import annotations

import math

import torch
from einops import reduce
from torch import nn
from torch.nn import functional

LOG_SIGMA_FLOOR = -6.0
"""Lower bound of log σ if σ is `learned` or `optimal`. Rybkin et al. 2021 (2006.13202)."""


class Bernoulli(nn.Module):
    """Independent pixels that are 1 with probability sigmoid(output)."""

    def nll(self, output: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        """Binary cross-entropy (B,) between logits and images, both (B, C, H, W)."""
        loss = functional.binary_cross_entropy_with_logits(output, x, reduction="none")
        return reduce(loss, "b c h w -> b", "sum")

    def mean(self, output: torch.Tensor) -> torch.Tensor:
        """Probabilities (B, C, H, W) of logits."""
        return torch.sigmoid(output)


class Gaussian(nn.Module):
    """Independent normal pixels with mean `output` and one σ for all of them.

    Rybkin et al. 2021 (2006.13202), equations 4 and 6.

    Args:
        sigma: the standard deviation, in units of pixel intensity; `learned` for a parameter; `optimal` for the
            maximum-likelihood value of each batch, the root of its mean squared error.
    """

    def __init__(self, sigma: float | str) -> None:
        super().__init__()
        self.sigma = sigma
        if sigma == "learned":
            self.log_sigma = nn.Parameter(torch.zeros(()))

    def nll(self, output: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        """−log N(x; output, σ²) (B,) for means and images, both (B, C, H, W)."""
        squared_error_BCHW = (x - output).square()
        log_sigma = self._log_sigma(squared_error_BCHW)
        squared_error_B = reduce(squared_error_BCHW, "b c h w -> b", "sum")
        pixels = x[0].numel()
        return squared_error_B * (0.5 * torch.exp(-2 * log_sigma)) + pixels * (log_sigma + 0.5 * math.log(2 * math.pi))

    def mean(self, output: torch.Tensor) -> torch.Tensor:
        """The means (B, C, H, W), clamped to [0, 1], the range of images."""
        return output.clamp(0, 1)

    def _log_sigma(self, squared_error: torch.Tensor) -> torch.Tensor:
        if self.sigma == "learned":
            return LOG_SIGMA_FLOOR + functional.softplus(self.log_sigma - LOG_SIGMA_FLOOR)
        if self.sigma == "optimal":
            # The loss is flat at the optimal σ, so its gradient is exact without that of σ. The bound is hard, because
            # a soft one would move σ off the optimum.
            return (0.5 * torch.log(squared_error.detach().mean())).clamp(min=LOG_SIGMA_FLOOR)
        return squared_error.new_tensor(math.log(float(self.sigma)))


class Laplace(nn.Module):
    """Independent Laplace pixels with median `output` and one scale, the mean absolute deviation in pixel intensity."""

    def __init__(self, scale: float) -> None:
        super().__init__()
        self.scale = scale

    def nll(self, output: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        """−log Laplace(x; output, scale) (B,) for medians and images, both (B, C, H, W)."""
        error_B = reduce((x - output).abs(), "b c h w -> b", "sum")
        return error_B / self.scale + x[0].numel() * math.log(2 * self.scale)

    def mean(self, output: torch.Tensor) -> torch.Tensor:
        """The means (B, C, H, W), clamped to [0, 1], the range of images."""
        return output.clamp(0, 1)
