"""What recipes can say about `infomec`."""

from __future__ import annotations

from pydantic import PositiveInt

from bvtk.component import register_metric
from bvtk.metrics.base import FunctionSpec


@register_metric("infomec")
class InfoMec(FunctionSpec):
    """InfoMEC: whether each code knows about one factor, and one code about each factor, measured without bins.

    Hsu et al. 2023, "Disentanglement via Latent Quantization". The mutual information of each code with each
    factor is estimated from nearest neighbours and divided by the entropy of the factor. Modularity M (of codes) and
    compactness C (of factors): the largest share over the sum of shares, scaled so that equal shares give 0.
    Explicitness E: how much a logistic regression without penalty reduces the cross-entropy of each factor.
    """

    chance = "0 for constant codes. For noise, E is 0, but M and C have no level: 0.6 has been seen."
    use = "For new work: no bins, and all three properties in one unit. M and C only mean something if E is high."
    weaknesses = (
        "M and C are shares, so codes that know nothing still have a largest one. Nearly inactive codes lower M if "
        "their range is wide enough to count: look at `active_codes` before you compare. E is measured on the images "
        "that the regression was trained on, as published: with 10,000 points and 40 values it is about 0.006 too high."
    )

    neighbours: PositiveInt = 10
    """Nearest neighbours from which information is estimated."""

    continuous_factors: bool = False
    """Whether factors are continuous. If so, information is that of two continuous variables, relative to what the
    estimator finds between the factor and itself, and explicitness is the R² of a linear regression."""

    points: PositiveInt = 10_000
    """Images from which all three are estimated. If there are fewer, all are used."""

    test_points: PositiveInt = 5_000
    """Images of the test set, if there is one, for `explicitness_test`."""

    @property
    def takes_real_factors(self) -> bool:
        return self.continuous_factors
