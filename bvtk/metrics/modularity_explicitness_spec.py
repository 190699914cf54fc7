"""What recipes may say of `modularity_explicitness`."""

from __future__ import annotations

from functools import partial

from pydantic import PositiveInt

from bvtk.component import MetricSpec, register_metric
from bvtk.metrics.fields import Few
from bvtk.protocols import Metric


@register_metric("modularity_explicitness")
class ModularityExplicitness(MetricSpec):
    """Modularity and explicitness: whether each code knows of one factor alone; whether all can be read linearly.

    Ridgeway & Mozer 2018, "Learning Deep Disentangled Embeddings With the F-Statistic Loss". Modularity: 1 −
    Σ m² of the other factors / (max m² · (k − 1)) over the mutual information m of a code with k factors, the mean
    over codes. Explicitness: logistic regressions of each factor on all codes, the area under the ROC curve of each
    value against the rest, the mean over values and factors.
    """

    chance = "of modularity none: codes of pure noise score anything, 0.3 to 0.85; of explicitness 0.5"
    use = (
        "modularity beside MIG, for codes that spread a factor over several of them: duplicates cost nothing; "
        "explicitness for what a linear reader gets out of all codes together"
    )
    weaknesses = (
        "modularity compares what a code knows, however little that is, so noise can score high; a constant code "
        "counts as 0, and a silent latent of a VAE, whose mean still ripples, as much as one that speaks; explicitness "
        "is above 0.7 for most trained models"
    )

    bins: Few = 20
    """Bins of equal width that each code is cut into, for modularity."""

    factor_bins: Few | None = None
    """Bins of equal width for factors with more values than that, such as continuous ones; none are cut where it is
    not given."""

    points: PositiveInt = 10_000
    """Images that information is estimated from and that classifiers learn from."""

    test_points: PositiveInt = 5_000
    """Images that the classifiers are tested on: of the test set, or else a third of the images at most."""

    @property
    def takes_real_factors(self) -> bool:
        """Where they are cut into bins."""
        return self.factor_bins is not None

    def build(self) -> Metric:
        """The metric as a function of codes and a seed."""
        from bvtk.metrics.modularity_explicitness import modularity_explicitness

        return partial(
            modularity_explicitness,
            bins=self.bins,
            factor_bins=self.factor_bins,
            points=self.points,
            test_points=self.test_points,
        )
