"""InfoMEC: modularity, compactness and explicitness in units of information.

Shapes: n images, d codes of which a are active, k factors that vary.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bvtk.metrics.estimators.information import entropy, information_of_labels, information_of_values, on_grid
from bvtk.metrics.estimators.linear import logistic_regression, standardised
from bvtk.metrics.estimators.sampling import Labelled, draw_rows, require_varying, separate_test_set
from bvtk.protocols import Codes

Array = NDArray[np.float64]
Factors = NDArray[np.integer[Any]]

_LEAST_RANGE = 1 / 20
"""Least range of an active code, relative to the widest."""


def infomec(
    codes: Codes, seed: int, *, neighbours: int, continuous_factors: bool, points: int, test_points: int
) -> dict[str, Any]:
    """InfoMEC; `InfoMec` describes it and the other arguments. The seed draws the points and breaks ties.

    Returns:
        `score` and `modularity`, InfoM; `compactness`, InfoC; `explicitness`, InfoE, measured on the images that the
        models were fitted to, as published; with a test set `explicitness_test`, negative if the models are worse than
        chance, and `not_tested`, the factors without a test value that was seen in training; `active_codes`;
        `left_out`, the factors with a single value.

    Raises:
        UsageError: if fewer than two factors vary.
    """
    rows = draw_rows(len(codes.codes), points, seed)
    z, factors = codes.codes[rows].astype(np.float64), codes.factors[rows]
    kept = require_varying(factors, 2, "InfoMEC")
    active = active_codes(z)
    shares = _shares(z[:, active], factors[:, kept], neighbours, continuous_factors, seed)
    sets = [Labelled(z, factors[:, kept])]
    if given := separate_test_set(codes):
        test = given.take(draw_rows(len(given.codes), test_points, seed))
        sets.append(Labelled(test.codes, test.factors[:, kept]))
    explicitness, *tested = (_determination if continuous_factors else _usable_information)(sets)
    test_results: dict[str, Any] = {}
    for values in tested:
        known = np.isfinite(values)
        if known.any():
            test_results["explicitness_test"] = float(values[known].mean())
        test_results["not_tested"] = np.array(codes.factor_names)[kept][~known].tolist()
    modularity = concentration(shares)
    return {
        "score": modularity,
        "modularity": modularity,
        "compactness": concentration(shares.T),
        "explicitness": float(np.mean(explicitness)),
        **test_results,
        "active_codes": int(active.sum()),
        "left_out": [name for j, name in enumerate(codes.factor_names) if j not in kept],
    }


def active_codes(z: Array) -> NDArray[np.bool_]:
    """Which codes of (n, d) have a range above a twentieth of the widest; none if all are constant."""
    width = np.ptp(z, axis=0)
    return np.asarray(width > width.max() * _LEAST_RANGE)


def concentration(information: Array) -> float:
    """How concentrated each row is in one column: the mean of max / sum, scaled from 0 for uniform rows to 1.

    A row of zeros counts as uniform. If there is a single column, a row counts 1, or 0 if it is zero.
    """
    columns = information.shape[1]
    if not information.size:
        return 0.0
    total = information.sum(axis=1)
    if columns == 1:
        return float((total > 0).mean())
    share = np.where(total > 0, information.max(axis=1) / np.where(total > 0, total, 1), 1 / columns)
    return float((share.mean() - 1 / columns) / (1 - 1 / columns))


def _shares(z: Array, factors: Factors, neighbours: int, continuous: bool, seed: int) -> Array:
    """Mutual information (a, k) of each active code with each factor, relative to the factor's entropy.

    A continuous factor has no such entropy. What the estimator finds between the factor and itself replaces it.
    """
    rng = np.random.default_rng(seed)
    grids = [on_grid(code, rng) for code in z.T]
    shares = np.zeros((len(grids), factors.shape[1]))
    for j, values in enumerate(factors.T):
        if continuous:
            factor = on_grid(values, rng)
            total = information_of_values(factor, factor, neighbours)
            shares[:, j] = [information_of_values(grid, factor, neighbours) / total for grid in grids]
        else:
            total = entropy(values)
            shares[:, j] = [information_of_labels(grid, values, neighbours) / total for grid in grids]
    return shares


def _usable_information(sets: list[Labelled]) -> list[Array]:
    """1 − CE / CE₀ of a logistic regression by factor (k,), for each set. It is fitted to the first set.

    Classes are weighted equally, so without knowledge the regression predicts all with the same probability: CE₀ is the
    logarithm of their number. NaN for a factor of which a set has no known class.
    """
    inputs = standardised(*(x for x, _ in sets))
    found = np.empty((len(sets), sets[0][1].shape[1]))
    for j in range(found.shape[1]):
        model = logistic_regression(inputs[0], sets[0][1][:, j], C=np.inf, class_weight="balanced")
        costs = [_cross_entropy(model, x, v[:, j]) for x, (_, v) in zip(inputs, sets, strict=True)]
        found[:, j] = 1 - np.array(costs) / np.log(len(model.classes_))
    return list(found)


def _cross_entropy(model: Any, x: Array, y: Factors) -> float:
    """Mean −log p of the true classes in nats, without images of classes that the training set lacks; NaN if all do."""
    known = np.isin(y, model.classes_)
    if not known.any():
        return np.nan
    p = model.predict_proba(x[known])
    right = p[np.arange(len(p)), np.searchsorted(model.classes_, y[known])]
    return float(-np.log(np.maximum(right, np.finfo(np.float64).eps)).mean())


def _determination(sets: list[Labelled]) -> list[Array]:
    """R² of a linear regression by factor (k,), for each set. It is fitted to the first set."""
    from sklearn.linear_model import LinearRegression

    inputs = standardised(*(x for x, _ in sets))
    model = LinearRegression().fit(inputs[0], sets[0][1])
    spread = sets[0][1].var(axis=0)
    return [1 - ((model.predict(x) - v) ** 2).mean(axis=0) / spread for x, (_, v) in zip(inputs, sets, strict=True)]
