"""The optimisers that recipes can name. Each uses PyTorch's fused kernels where there are some."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Self

from pydantic import Field, NonNegativeFloat, PositiveFloat, model_validator
from pydantic_core import PydanticCustomError

from bvtk.component import OptimizerSpec, Parameters, Weight, register_optimizer

if TYPE_CHECKING:
    import torch

Decay = Annotated[float, Field(ge=0, lt=1)]


class _Moments(OptimizerSpec):
    beta1: Decay = 0.9
    """Decay of the mean of the gradients."""

    beta2: Decay = 0.999
    """Decay of the mean of their squares."""

    eps: PositiveFloat = 1e-8
    """Added to the denominator."""


@register_optimizer("adam")
class Adam(_Moments):
    """Adam (Kingma & Ba 2015): the default of nearly every VAE since."""

    weight_decay: NonNegativeFloat = 0.0
    """L2 penalty, added to the gradients."""

    def build(self, parameters: Parameters) -> torch.optim.Optimizer:
        """The optimiser over these parameters."""
        from torch.optim import Adam

        return Adam(
            parameters,
            lr=0.0,
            betas=(self.beta1, self.beta2),
            eps=self.eps,
            weight_decay=self.weight_decay,
            fused=True,
        )


@register_optimizer("adamw")
class AdamW(_Moments):
    """AdamW (Loshchilov & Hutter 2019): Adam with the weight decay taken out of the gradients."""

    weight_decay: NonNegativeFloat = 0.01
    """Share of each weight that is taken off a step, times the learning rate."""

    def build(self, parameters: Parameters) -> torch.optim.Optimizer:
        """The optimiser over these parameters."""
        from torch.optim import AdamW

        return AdamW(
            parameters,
            lr=0.0,
            betas=(self.beta1, self.beta2),
            eps=self.eps,
            weight_decay=self.weight_decay,
            fused=True,
        )


@register_optimizer("adagrad")
class Adagrad(OptimizerSpec):
    """Adagrad (Duchi et al. 2011): what the β-VAE paper trains 2D shapes with."""

    capturable = False

    lr: Weight = Field(default=1e-2, validate_default=True)
    """Learning rate, a number or a schedule."""

    eps: PositiveFloat = 1e-10
    """Added to the denominator."""

    weight_decay: NonNegativeFloat = 0.0
    """L2 penalty, added to the gradients."""

    def build(self, parameters: Parameters) -> torch.optim.Optimizer:
        """The optimiser over these parameters."""
        from torch.optim import Adagrad

        return Adagrad(parameters, lr=0.0, eps=self.eps, weight_decay=self.weight_decay)


@register_optimizer("rmsprop")
class RMSprop(OptimizerSpec):
    """RMSprop (Hinton 2012): what DC-IGN is trained with."""

    alpha: Decay = 0.99
    """Decay of the mean of the squared gradients."""

    momentum: Decay = 0.0
    """Share of the last update that is kept."""

    eps: PositiveFloat = 1e-8
    """Added to the denominator."""

    weight_decay: NonNegativeFloat = 0.0
    """L2 penalty, added to the gradients."""

    def build(self, parameters: Parameters) -> torch.optim.Optimizer:
        """The optimiser over these parameters."""
        from torch.optim import RMSprop

        return RMSprop(
            parameters,
            lr=0.0,
            alpha=self.alpha,
            momentum=self.momentum,
            eps=self.eps,
            weight_decay=self.weight_decay,
        )


@register_optimizer("sgd")
class SGD(OptimizerSpec):
    """Stochastic gradient descent, with momentum where asked for."""

    lr: Weight = Field(default=1e-3, validate_default=True)
    """Learning rate, a number or a schedule."""

    momentum: Decay = 0.0
    """Share of the last update that is kept."""

    nesterov: bool = False
    """Nesterov's momentum; needs a momentum above 0."""

    weight_decay: NonNegativeFloat = 0.0
    """L2 penalty, added to the gradients."""

    @model_validator(mode="after")
    def _nesterov_has_momentum(self) -> Self:
        if self.nesterov and not self.momentum:
            raise PydanticCustomError("nesterov", "nesterov needs a momentum above 0, such as 0.9")
        return self

    def build(self, parameters: Parameters) -> torch.optim.Optimizer:
        """The optimiser over these parameters."""
        from torch.optim import SGD

        return SGD(
            parameters,
            lr=0.0,
            momentum=self.momentum,
            nesterov=self.nesterov,
            weight_decay=self.weight_decay,
            fused=True,
        )
