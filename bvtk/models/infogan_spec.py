"""InfoGAN in recipes."""

from __future__ import annotations

from pydantic import NonNegativeFloat, NonNegativeInt, PositiveInt

from bvtk.component import ModelSpec, register_model
from bvtk.protocols import ImageShape, Model


@register_model("infogan")
class InfoGan(ModelSpec):
    """InfoGAN: a generative adversarial network whose codes can be recognised in its images.

    Chen et al. 2016 (1606.03657), with the networks of Higgins et al. 2017, appendix. The code of an image is the mean
    from the recognition network. There is no reconstruction and no posterior over the noise. Height and width of the
    images must be multiples of 8.
    """

    gives = frozenset({"adversaries"})

    latents: PositiveInt = 5
    """Number of codes, each drawn from U(−1, 1)."""

    noise: NonNegativeInt = 5
    """Number of further inputs of the generator, each drawn from U(−1, 1), that are not recognised."""

    instance_noise: NonNegativeFloat = 0.2
    """Standard deviation of the noise on real and generated images, scaled to [−1, 1], during training."""

    def build(self, image: ImageShape) -> Model:
        from bvtk.models import infogan

        return infogan.InfoGan(self.latents, self.noise, image, self.instance_noise)
