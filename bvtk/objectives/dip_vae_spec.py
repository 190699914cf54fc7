"""The objectives of DIP-VAE in recipes."""

from __future__ import annotations

from typing import ClassVar

from bvtk.component import ObjectiveSpec, Weight, register_objective
from bvtk.objectives.schedule_spec import Constant
from bvtk.protocols import Objective, ObjectiveContext


@register_objective("dip_vae_i")
class DipVaeI(ObjectiveSpec):
    """Reconstruction + KL + λ_od·Σ_{i≠j} C_ij² + λ_d·Σ_i (C_ii − 1)², where C is the covariance of posterior means.

    Kumar et al. 2018 ("Variational Inference of Disentangled Latent Concepts from Unlabeled Observations",
    1711.00848), equation 6. C is a matrix of latents × latents, over the batch. Reconstruction and KL are in
    nats per image; the distances of C are not.
    """

    codes: ClassVar[str] = "means"
    least_batch = 2
    use = (
        "When the codes, which are posterior means, should be uncorrelated. Exactly their covariance is penalised, at "
        "little cost to the reconstruction."
    )
    weaknesses = (
        "Uncorrelated latents are not always independent. The means of every latent should have variance 1, even of "
        "latents for which the data have no factor, so one factor may spread over several latents; DIP-VAE II allows "
        "spare latents to be noise. The covariance of a small batch is noisy."
    )

    lambda_od: Weight = Constant(value=10.0)
    """Weight λ_od of the squared covariances between latents; 1 to 50 in published comparisons."""

    lambda_d_factor: Weight = Constant(value=10.0)
    """Weight λ_d of the variances, as a multiple of λ_od."""

    def build(self, context: ObjectiveContext) -> Objective:
        from bvtk.objectives.dip_vae import DipVaeObjective

        steps = context.training_steps
        return DipVaeObjective(self.codes, self.lambda_od.build(steps), self.lambda_d_factor.build(steps))


@register_objective("dip_vae_ii")
class DipVaeII(DipVaeI):
    """Reconstruction + KL + λ_od·Σ_{i≠j} C_ij² + λ_d·Σ_i (C_ii − 1)², where C is the covariance of posterior samples.

    Kumar et al. 2018 (1711.00848), equation 7, with C = E[diag σ²] + Cov(μ), a matrix of latents × latents, over the
    batch. Reconstruction and KL are in nats per image; the distances of C are not.
    """

    codes: ClassVar[str] = "samples"
    use = (
        "When there may be more latents than factors: a latent that is pure noise already has variance 1 and costs "
        "nothing."
    )
    weaknesses = (
        "Uncorrelated latents are not always independent. The variance of the noise counts like that of the means, so "
        "the means may stay small, and correlated if the noise hides it. The covariance of a small batch is noisy."
    )

    lambda_d_factor: Weight = Constant(value=1.0)
    """Weight λ_d of the variances, as a multiple of λ_od."""
