"""The optimisers that recipes can name: PyTorch's, with fused kernels if there are some."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self

from pydantic import Field, NonNegativeFloat, PositiveFloat, model_validator
from pydantic_core import PydanticCustomError

from bvtk.component import OptimizerSpec, Parameters, Weight, register_optimizer

if TYPE_CHECKING:
    import torch

Decay = Annotated[float, Field(ge=0, lt=1)]


class _Torch(OptimizerSpec):
    """An optimiser of `torch.optim` whose settings are the fields of the spec, apart from those of `OptimizerSpec`."""

    fused: ClassVar[bool] = True

    weight_decay: NonNegativeFloat = 0.0
    """L2 penalty, added to the gradients."""

    def build(self, parameters: Parameters) -> torch.optim.Optimizer:
        import torch

        made: torch.optim.Optimizer = getattr(torch.optim, type(self).__name__)(parameters, lr=0.0, **self.settings())
        return made

    def settings(self) -> dict[str, Any]:
        own = {name: getattr(self, name) for name in type(self).model_fields.keys() - OptimizerSpec.model_fields.keys()}
        return own | ({"fused": True} if self.fused else {})


class _Moments(_Torch):
    beta1: Decay = 0.9
    """Decay of the mean of the gradients."""

    beta2: Decay = 0.999
    """Decay of the mean of their squares."""

    eps: PositiveFloat = 1e-8
    """Added to the denominator."""

    def settings(self) -> dict[str, Any]:
        settings = super().settings()
        return settings | {"betas": (settings.pop("beta1"), settings.pop("beta2"))}


@register_optimizer("adam")
class Adam(_Moments):
    """Adam (Kingma & Ba 2015): the default of nearly every VAE since."""


@register_optimizer("adamw")
class AdamW(_Moments):
    """AdamW (Loshchilov & Hutter 2019): Adam with weight decay separate from the gradients."""

    weight_decay: NonNegativeFloat = 0.01
    """Fraction of each weight that is subtracted per step, times the learning rate."""


@register_optimizer("adagrad")
class Adagrad(_Torch):
    """Adagrad (Duchi et al. 2011): what the β-VAE paper trains 2D shapes with."""

    capturable = False
    fused: ClassVar[bool] = False

    lr: Weight = Field(default=1e-2, validate_default=True)
    """Learning rate, a number or a schedule."""

    eps: PositiveFloat = 1e-10
    """Added to the denominator."""


@register_optimizer("rmsprop")
class RMSprop(_Torch):
    """RMSprop (Hinton 2012): what DC-IGN is trained with."""

    fused: ClassVar[bool] = False

    alpha: Decay = 0.99
    """Decay of the mean of the squared gradients."""

    momentum: Decay = 0.0
    """Fraction of the last update that is kept."""

    eps: PositiveFloat = 1e-8
    """Added to the denominator."""


@register_optimizer("sgd")
class SGD(_Torch):
    """Stochastic gradient descent, with momentum if set."""

    lr: Weight = Field(default=1e-3, validate_default=True)
    """Learning rate, a number or a schedule."""

    momentum: Decay = 0.0
    """Fraction of the last update that is kept."""

    nesterov: bool = False
    """Nesterov's momentum; needs a momentum above 0."""

    @model_validator(mode="after")
    def _nesterov_has_momentum(self) -> Self:
        if self.nesterov and not self.momentum:
            raise PydanticCustomError("nesterov", "nesterov needs a momentum above 0, such as 0.9")
        return self
