"""Modularity and explicitness. Shapes: n images, d codes, k factors that vary, c values of a factor."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bvtk.errors import UsageError
from bvtk.metrics.estimators.information import discretise, mutual_information
from bvtk.metrics.estimators.linear import logistic_regression, standardised
from bvtk.metrics.estimators.sampling import Labelled, draw_rows, require_varying, train_and_test, varying
from bvtk.protocols import Codes

Array = NDArray[np.float64]
Labels = NDArray[np.integer[Any]]

_ROUNDING = 1e-12
"""Information in nats that a constant code can have by rounding."""


def modularity_explicitness(
    codes: Codes, seed: int, *, bins: int, factor_bins: int | None, points: int, test_points: int
) -> dict[str, Any]:
    """Modularity and explicitness; `ModularityExplicitness` describes them and the other arguments.

    Modularity does not use the test set.

    Returns:
        `score` and `modularity`, the mean over codes; `explicitness`, the area under the ROC curve on test images,
        averaged over values and factors, and `explicitness_train`; `not_tested`, the factors that vary but have no
        value with an ROC curve on the test images; `left_out`, the factors with a single value.

    Raises:
        UsageError: if fewer than two factors vary, or no factor has two values among the images to test on.
    """
    codes = codes if factor_bins is None else _with_binned_factors(codes, factor_bins)
    rows = draw_rows(len(codes.codes), points, seed)
    kept = require_varying(codes.factors[rows], 2, "modularity")
    information = mutual_information(codes.codes[rows], codes.factors[rows][:, kept], bins)
    modular = float(modularities(information).mean())
    train, test, not_tested = _explicitness(*train_and_test(codes, points, test_points, seed))
    return {
        "score": modular,
        "modularity": modular,
        "explicitness": test,
        "explicitness_train": train,
        "not_tested": [codes.factor_names[j] for j in not_tested],
        "left_out": [name for j, name in enumerate(codes.factor_names) if j not in kept],
    }


def modularities(information: Array) -> Array:
    """How much each code knows about one factor only: 1 − Σ m² over the other factors / (max m² · (k − 1)).

    Ridgeway & Mozer 2018. From mutual information (d, k) in nats, k at least 2, to (d,) in [0, 1]; 0 for a code that
    knows about no factor.
    """
    squares = information**2
    largest = squares.max(axis=1)
    knows = information.max(axis=1) > _ROUNDING
    rest = squares.sum(axis=1) - largest
    return np.where(knows, 1 - rest / (np.where(knows, largest, 1) * (information.shape[1] - 1)), 0.0)


def roc_areas(scores: Array, labels: Labels, classes: Labels) -> Array:
    """Area under the ROC curve of each class against all others: the share of pairs in the correct order; ties half.

    The scores (n, c) have one column per class (c,). There is an area for each class that some labels (n,) have, but
    not all.
    """
    from scipy.stats import rankdata

    is_class = labels[:, None] == classes
    defined = is_class.any(axis=0) & ~is_class.all(axis=0)
    is_class = is_class[:, defined]
    inside = is_class.sum(axis=0)
    ranks = np.asarray(rankdata(scores[:, defined], axis=0))
    correct = np.where(is_class, ranks, 0).sum(axis=0) - inside * (inside + 1) / 2
    return np.asarray(correct / (inside * (len(labels) - inside)))


def _explicitness(train: Labelled, test: Labelled) -> tuple[float, float, list[int]]:
    """Mean area under the ROC curve on the images to train and to test on, and the factors that were not tested."""
    x, x_test = standardised(train.codes, test.codes)
    train_areas, test_areas, not_tested = [], [], []
    for j in varying(train.factors):
        y, y_test = train.factors[:, j], test.factors[:, j]
        classifier = logistic_regression(x, y)
        train_areas.append(roc_areas(classifier.predict_proba(x), y, classifier.classes_).mean())
        areas = roc_areas(classifier.predict_proba(x_test), y_test, classifier.classes_)
        if len(areas):
            test_areas.append(areas.mean())
        else:
            not_tested.append(j)
    if not test_areas:
        raise UsageError(
            "explicitness needs images to test on that differ in at least one factor, found none",
            "score more images, or give a test set in which factors vary",
        )
    return float(np.mean(train_areas)), float(np.mean(test_areas)), not_tested


def _with_binned_factors(codes: Codes, bins: int) -> Codes:
    sets = [codes.factors] if codes.factors_test is None else [codes.factors, codes.factors_test]
    together = np.concatenate(sets)
    columns = []
    for v in together.T:
        values, number = np.unique(v, return_inverse=True)
        columns.append(discretise(v, bins) if len(values) > bins else number)
    binned, *test = np.split(np.stack(columns, axis=1), [len(codes.factors)])
    return replace(codes, factors=binned, factors_test=None if codes.factors_test is None else test[0])
