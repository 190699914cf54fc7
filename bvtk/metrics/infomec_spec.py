"""What recipes may say of `infomec`."""

from __future__ import annotations

from functools import partial

from pydantic import PositiveInt

from bvtk.component import MetricSpec, register_metric
from bvtk.protocols import Metric


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
