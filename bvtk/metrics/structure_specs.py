"""What recipes may say of metrics of information, robustness and correlation."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from pydantic import Field, PositiveInt

from bvtk.component import MetricSpec, register_metric
from bvtk.metrics.counts import Few
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


@register_metric("irs")
class Irs(MetricSpec):
    """Interventional robustness score: how still each code stays while its factor does and all others change.

    Suter et al. 2019, "Robustly Disentangled Causal Mechanisms". For a code and a factor: 1 − the 0.99
    quantile of |z − E[z given the value]|, the mean over values, relative to max |z − E z|. The best factor of each
    code counts; codes are weighted by their largest deviation.
    """

    chance = "0 for constant codes; 0.3 to 0.4 for normal noise, whose maximum lies far above the 0.99 quantile"
    use = "where codes are taken as causes and effects: it asks for the worst case, not for the mean"
    weaknesses = (
        "a code that knows of a factor without following it alone is not seen; one outlier raises the maximum and so "
        "the score; values with few images make any code look still; wide codes count more than narrow ones"
    )

    quantile: Annotated[float, Field(gt=0, le=1)] = 0.99
    """Which of the deviations counts as the worst: 1 is their maximum."""

    points: PositiveInt = 10_000
    """Images that it is estimated from; all, in order, where there are no more."""

    def build(self) -> Metric:
        """The metric as a function of codes and a seed."""
        from bvtk.metrics.irs import irs

        return partial(irs, quantile=self.quantile, points=self.points)


@register_metric("infomec")
class InfoMec(MetricSpec):
    """InfoMEC: whether each code knows of one factor and each factor is known to one code, measured without bins.

    Hsu et al. 2023, "Disentanglement via Latent Quantization". Mutual information of each code with each
    factor is estimated from nearest neighbours, with no bins, as a share of the factor's entropy. Modularity M (of
    codes) and compactness C (of factors): the largest share over the sum of shares, scaled so that equal shares are 0.
    Explicitness E: how much of each factor's cross-entropy a logistic regression without penalty takes away.
    """

    chance = "0 for constant codes; for noise anything: 0.6 of M and C has been seen, 0 of E"
    use = "for new work: no bins, all three properties in one unit; read M and C only where E says that codes know"
    weaknesses = (
        "M and C are shares, so codes that know nothing still have a largest one, and nearly silent codes lower M "
        "where they are wide enough to count: look at `active_codes` before comparing; E is measured on the images "
        "that the regression learned from, as published: with 10,000 points and 40 values it is about 0.006 too high"
    )

    neighbours: PositiveInt = 10
    """Nearest neighbours that information is estimated from."""

    continuous_factors: bool = False
    """Whether factors are numbers on a scale rather than labels: information of two continuous variables, as a share of
    what the estimator finds between the factor and itself, and R² of a linear regression."""

    points: PositiveInt = 10_000
    """Images that all three are estimated from; all, in order, where there are no more."""

    test_points: PositiveInt = 5_000
    """Images of a test set, where one is given, for `explicitness_test`."""

    @property
    def takes_real_factors(self) -> bool:
        """Where they are numbers on a scale."""
        return self.continuous_factors

    def build(self) -> Metric:
        """The metric as a function of codes and a seed."""
        from bvtk.metrics.infomec import infomec

        return partial(
            infomec,
            neighbours=self.neighbours,
            continuous_factors=self.continuous_factors,
            points=self.points,
            test_points=self.test_points,
        )


@register_metric("unsupervised")
class Unsupervised(MetricSpec):
    """Unsupervised figures: how much the codes know of each other, lower is better.

    Locatello et al. 2019, "Challenging Common Assumptions". Total correlation and Wasserstein correlation
    as if the codes were Gaussian, and the mean mutual information of two codes, which is the score.
    """

    needs_factors = False
    lowest, highest = 0.0, None
    chance = "0 for independent codes, and slightly above, as it is estimated from finitely many images"
    use = "without labels: whether the aggregate posterior factorises, as a total-correlation penalty asks for"
    weaknesses = (
        "independent codes need not be disentangled, and constant ones score best of all; but for the Wasserstein "
        "correlation no figure knows scale, so the ripples of silent latents count in full; penalties on samples of "
        "the posterior do not always make its means independent"
    )

    bins: Few = 20
    """Bins of equal width that each code is cut into, for the mutual information."""

    points: PositiveInt = 10_000
    """Images that all is estimated from; all, in order, where there are no more."""

    pairs: PositiveInt = 20_000
    """Pairs of codes that the mutual information is a mean over, drawn by the seed where there are more: up to 200
    codes all of them."""

    def build(self) -> Metric:
        """The metric as a function of codes and a seed."""
        from bvtk.metrics.unsupervised import unsupervised

        return partial(unsupervised, bins=self.bins, points=self.points, pairs=self.pairs)
