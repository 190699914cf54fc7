"""InfoMEC: modularity, compactness and explicitness in units of information.

Shapes: n images, d codes of which a are active, k factors that vary.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bvtk.metrics.estimators.information import entropy
from bvtk.metrics.estimators.logistic import logistic_regression
from bvtk.metrics.estimators.neighbours import Grid, information_of_labels, information_of_values, on_grid
from bvtk.metrics.estimators.points import draw_rows
from bvtk.metrics.estimators.sampling import require_varying
from bvtk.metrics.estimators.scaling import standardised
from bvtk.protocols import Codes

Array = NDArray[np.float64]
Factors = NDArray[np.integer[Any]]
Labelled = tuple[NDArray[np.floating[Any]], Factors]
"""Codes (n, d) and the factors of the same images (n, k)."""

_LEAST_RANGE = 1 / 20
"""Range of an active code, relative to the widest."""


def infomec(
    codes: Codes,
    seed: int,
    *,
    neighbours: int = 10,
    continuous_factors: bool = False,
    points: int = 10_000,
    test_points: int = 5_000,
) -> dict[str, Any]:
    """Whether a code knows of one factor alone, a factor is known to one code alone, and is read by a linear model.

    Hsu et al. 2023, "Disentanglement via Latent Quantization".

    Args:
        codes: the representation.
        seed: draws the points where there are more images than that, and tells equal values apart.
        neighbours: nearest neighbours that information is estimated from.
        continuous_factors: whether factors are numbers on a scale rather than labels.
        points: images that information is estimated from, and that linear models are fitted to and measured on.
        test_points: images of the test set, where there is one, that the same models are measured on.

    Returns:
        `score` and `modularity`, InfoM; `compactness`, InfoC; `explicitness`, InfoE, as published of the images that
        the models were fitted to; with a test set `explicitness_test`, below 0 where the models mislead, and
        `not_tested`, the factors of which no value in the test set was learned; `active_codes`; `left_out`, the factors
        with a single value.

    Raises:
        UsageError: where fewer than two factors vary.
    """
    rows = draw_rows(len(codes.codes), points, seed)
    z, factors = codes.codes[rows].astype(np.float64), codes.factors[rows]
    kept = require_varying(factors, codes.factor_names, 2, "InfoMEC")
    active = active_codes(z)
    shares = _shares(z[:, active], factors[:, kept], neighbours, continuous_factors, seed)
    sets: list[Labelled] = [(z, factors[:, kept])]
    if codes.codes_test is not None and codes.factors_test is not None:
        tested = draw_rows(len(codes.codes_test), test_points, seed)
        sets.append((codes.codes_test[tested], codes.factors_test[tested][:, kept]))
    read = (_determination if continuous_factors else _usable_information)(sets)
    modularity = concentration(shares)
    return {
        "score": modularity,
        "modularity": modularity,
        "compactness": concentration(shares.T),
        "explicitness": float(np.mean(read[0])),
        **_tested(read[1:], [codes.factor_names[j] for j in kept]),
        "active_codes": int(active.sum()),
        "left_out": [name for j, name in enumerate(codes.factor_names) if j not in kept],
    }


def active_codes(z: Array) -> NDArray[np.bool_]:
    """Which codes of (n, d) have a range above a twentieth of the widest; none where all are constant."""
    width = np.ptp(z, axis=0)
    return np.asarray(width > width.max() * _LEAST_RANGE)


def concentration(information: Array) -> float:
    """How far each row is from lying in one column alone: the mean of max / sum, from 0 at chance to 1.

    A row of zeros counts as spread evenly. A single column holds all that there is: 1, or 0 where that is nothing.

    Args:
        information: (rows, columns), never negative.
    """
    rows, columns = information.shape
    if not rows or not columns:
        return 0.0
    total = information.sum(axis=1)
    share = np.where(total > 0, information.max(axis=1) / np.where(total > 0, total, 1), 1 / columns)
    if columns == 1:
        return float((total > 0).mean())
    return float((share.mean() - 1 / columns) / (1 - 1 / columns))


def _shares(z: Array, factors: Factors, neighbours: int, continuous: bool, seed: int) -> Array:
    """What each active code knows of each factor, as a share of the factor's entropy: (a, k).

    A continuous factor has no such entropy: what the estimator finds between the factor and itself takes its place.
    """
    rng = np.random.default_rng(seed)
    grids = [on_grid(code, rng) for code in z.T]
    shares = np.zeros((len(grids), factors.shape[1]))
    for j, values in enumerate(factors.T):
        whole, information = _about(values, neighbours, continuous, rng)
        shares[:, j] = [information(grid) / whole for grid in grids]
    return shares


def _about(
    values: Factors, neighbours: int, continuous: bool, rng: np.random.Generator
) -> tuple[float, Callable[[Grid], float]]:
    """The entropy of a factor, and what a code knows of it as a function of the code."""
    if not continuous:
        return entropy(values), lambda code: information_of_labels(code, values, neighbours)
    factor = on_grid(values, rng)
    itself = information_of_values(factor, factor, neighbours)
    return itself, lambda code: information_of_values(code, factor, neighbours)


def _tested(read: list[Array], names: list[str]) -> dict[str, Any]:
    """What is said of a test set, where there is one: a mean over the factors that it tells of."""
    if not read:
        return {}
    told = np.isfinite(read[0])
    mean = {"explicitness_test": float(read[0][told].mean())} if told.any() else {}
    return {**mean, "not_tested": [name for name, of in zip(names, told, strict=True) if not of]}


def _usable_information(sets: list[Labelled]) -> list[Array]:
    """1 − CE / CE₀ of a logistic regression by factor (k,), for each set; fitted to the first.

    Classes are weighted to count alike, so knowing nothing the regression would predict each as likely:
    CE₀ is the logarithm of their number. NaN where a set has none of them.
    """
    inputs = standardised(*(x for x, _ in sets))
    found = np.empty((len(sets), sets[0][1].shape[1]))
    for j in range(found.shape[1]):
        model = logistic_regression(inputs[0], sets[0][1][:, j], C=np.inf, class_weight="balanced")
        costs = [_cross_entropy(model, x, v[:, j]) for x, (_, v) in zip(inputs, sets, strict=True)]
        found[:, j] = 1 - np.array(costs) / np.log(len(model.classes_))
    return list(found)


def _cross_entropy(model: Any, x: Array, y: Factors) -> float:
    """Mean −log p of the true classes in nats; images of a class that was not learned are passed over.

    NaN where all are of such a class.
    """
    known = np.isin(y, model.classes_)
    if not known.any():
        return np.nan
    p = model.predict_proba(x[known])
    right = p[np.arange(len(p)), np.searchsorted(model.classes_, y[known])]
    return float(-np.log(np.maximum(right, np.finfo(np.float64).eps)).mean())


def _determination(sets: list[Labelled]) -> list[Array]:
    """R² of a linear regression by factor (k,), for each set; fitted to the first."""
    from sklearn.linear_model import LinearRegression

    inputs = standardised(*(x for x, _ in sets))
    model = LinearRegression().fit(inputs[0], sets[0][1])
    spread = sets[0][1].var(axis=0)
    return [1 - ((model.predict(x) - v) ** 2).mean(axis=0) / spread for x, (_, v) in zip(inputs, sets, strict=True)]
