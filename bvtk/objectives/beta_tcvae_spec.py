"""The objective of β-TCVAE as recipes declare it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from bvtk.component import ObjectiveSpec, Weight, register_objective
from bvtk.objectives.schedule_spec import Constant
from bvtk.protocols import ObjectiveContext

if TYPE_CHECKING:
    from bvtk.protocols import Objective


@register_objective("beta_tcvae")
class BetaTcVae(ObjectiveSpec):
    """Reconstruction + α·I + β·TC + γ·Σ KL of each latent: the KL in three parts, a weight on each.

    Chen et al. 2018 ("Isolating Sources of Disentanglement in VAEs", 1802.04942), equation 4. I is the mutual
    information of images and latents, TC the total correlation of the latents, both estimated from the batch; N in
    stratified sampling is the number of images that train, and a constant log N of weighted sampling, which moves no
    weight, is left out. In nats an image; α = β = γ = 1 is the VAE.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"reconstruction", "posterior", "sample"})
    least_batch: ClassVar[int] = 2
    use: ClassVar[str] = (
        "The penalty on total correlation without a second network: as cheap as a β-VAE, one weight to choose, and "
        "no game to balance. A good first method beside β-VAE."
    )
    weaknesses: ClassVar[str] = (
        "Both estimates are biased in small batches, the more the sharper the posteriors: with `weighted` the mutual "
        "information can't exceed log of the batch size, and what is beyond counts as total correlation and is paid "
        "for with β, as in a β-VAE; with `stratified` single batches vary more. Compare logged figures at one batch "
        "size. Memory grows with the square of the batch."
    )

    alpha: Weight = Constant(value=1.0)
    """Weight α of the mutual information."""

    beta: Weight = Constant(value=6.0)
    """Weight β of the total correlation."""

    gamma: Weight = Constant(value=1.0)
    """Weight γ of the sum of each latent's KL to the prior."""

    estimator: Literal["weighted", "stratified"] = "weighted"
    """How a batch stands for the data set: weighted sampling as in the paper's experiments, or stratified sampling."""

    def build(self, context: ObjectiveContext) -> Objective:
        """The objective as a module."""
        from bvtk.objectives.beta_tcvae import BetaTcVaeObjective

        alpha, beta, gamma = (weight.build(context.training_steps) for weight in (self.alpha, self.beta, self.gamma))
        return BetaTcVaeObjective(alpha, beta, gamma, self.estimator, context.dataset_size)
