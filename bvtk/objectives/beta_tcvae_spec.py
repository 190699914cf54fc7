"""The objective of β-TCVAE in recipes."""

from __future__ import annotations

from typing import Literal

from bvtk.component import ObjectiveSpec, Weight, register_objective
from bvtk.objectives.schedule_spec import Constant
from bvtk.protocols import Objective, ObjectiveContext


@register_objective("beta_tcvae")
class BetaTcVae(ObjectiveSpec):
    """Reconstruction + α·I + β·TC + γ·Σ KL of each latent: the KL in three parts, each with a weight.

    Chen et al. 2018 ("Isolating Sources of Disentanglement in VAEs", 1802.04942), equation 4. I is the mutual
    information of images and latents, TC the total correlation of the latents, both estimated from the batch. In
    stratified sampling, N is the number of training images; weighted sampling omits its constant log N, which has no
    gradient. In nats per image; α = β = γ = 1 is the VAE.
    """

    needs = frozenset({"reconstruction", "posterior", "sample"})
    least_batch = 2
    use = (
        "For a penalty on total correlation without a second network: it costs no more than a β-VAE, has one weight to "
        "choose, and no adversarial training to balance. A good first method after β-VAE."
    )
    weaknesses = (
        "Both estimators are biased in small batches, especially for sharp posteriors. With `weighted`, the mutual "
        "information can't exceed the log of the batch size; the excess counts as total correlation and is weighted by "
        "β, as in a β-VAE. With `stratified`, single batches vary more. Compare logged values only at the same batch "
        "size. Memory grows with the square of the batch size."
    )

    alpha: Weight = Constant(value=1.0)
    """Weight α of the mutual information."""

    beta: Weight = Constant(value=6.0)
    """Weight β of the total correlation."""

    gamma: Weight = Constant(value=1.0)
    """Weight γ of the sum of each latent's KL to the prior."""

    estimator: Literal["weighted", "stratified"] = "weighted"
    """How the batch estimates the data set: `weighted` sampling, as in the paper's experiments, or `stratified`."""

    def build(self, context: ObjectiveContext) -> Objective:
        from bvtk.objectives.beta_tcvae import BetaTcVaeObjective

        alpha, beta, gamma = (weight.build(context.training_steps) for weight in (self.alpha, self.beta, self.gamma))
        return BetaTcVaeObjective(alpha, beta, gamma, self.estimator, context.dataset_size)
