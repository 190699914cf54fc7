"""What recipes can say about `modularity_explicitness`."""

from __future__ import annotations

from pydantic import PositiveInt

from bvtk.component import register_metric
from bvtk.metrics.base import FunctionSpec, Limited


@register_metric("modularity_explicitness")
class ModularityExplicitness(FunctionSpec):
    """Modularity and explicitness: whether each code knows about one factor only; whether all are linearly readable.

    Ridgeway & Mozer 2018, "Learning Deep Disentangled Embeddings With the F-Statistic Loss". Modularity: 1 −
    Σ m² of the other factors / (max m² · (k − 1)), with the mutual information m of a code and each of k factors,
    averaged over codes. Explicitness: a logistic regression of each factor on all codes; the area under the ROC curve
    of each value against the rest, averaged over values and factors.
    """

    chance = "Modularity has no chance level: codes of pure noise score 0.3 to 0.85. Explicitness: 0.5."
    use = (
        "Modularity together with MIG, for codes that spread a factor over several of them: it does not penalise "
        "duplicates. Explicitness for what a linear model reads from all codes together."
    )
    weaknesses = (
        "Modularity compares what a code knows, however little that is, so noise can score high. A constant code "
        "counts as 0, and an inactive latent of a VAE, whose mean still varies a little, counts as much as an active "
        "one. Explicitness is above 0.7 for most trained models."
    )

    bins: Limited = 20
    """Bins of equal width per code, for modularity."""

    factor_bins: Limited | None = None
    """Bins of equal width for factors with more values than this, such as continuous ones (default: none are
    binned)."""

    points: PositiveInt = 10_000
    """Images from which information is estimated and on which the classifiers are trained."""

    test_points: PositiveInt = 5_000
    """Images to test the classifiers on: from the test set if there is one, else at most a third of the images."""

    @property
    def takes_real_factors(self) -> bool:
        return self.factor_bins is not None
