"""Made-up representations whose scores are known."""

import json
from functools import cache
from pathlib import Path

import numpy as np

from bvtk.protocols import Codes

SIZES = (3, 6, 40, 32, 32)
REFERENCE = Path(__file__).parent / "reference"


def grid(sizes=SIZES):
    """Every combination of factor values, the last factor fastest."""
    return np.stack(np.meshgrid(*map(np.arange, sizes), indexing="ij"), axis=-1).reshape(-1, len(sizes))


def standardised(factors, sizes=SIZES):
    """Factor values with mean 0 and variance 1 over the grid."""
    sizes = np.array(sizes)
    return (factors - (sizes - 1) / 2) / np.sqrt((sizes**2 - 1) / 12)


def perfect(n=3000, sizes=(10, 10, 10, 10, 10), seed=0):
    """Code i is factor i."""
    factors = np.random.default_rng(seed).integers(sizes, size=(n, len(sizes)))
    return labelled(standardised(factors, sizes), factors)


def uninformative(n=3000, sizes=(10, 10, 10, 10, 10), seed=0):
    """Codes drawn without looking at the factors."""
    rng = np.random.default_rng(seed)
    factors = rng.integers(sizes, size=(n, len(sizes)))
    return labelled(rng.normal(size=(n, 10)), factors)


def duplicated(**kwargs):
    """Each factor in two codes."""
    once = perfect(**kwargs)
    return labelled(np.tile(once.codes, (1, 2)), once.factors)


def labelled(codes, factors, names=None):
    return Codes(codes, factors, names or tuple(f"factor_{j}" for j in range(factors.shape[1])))


@cache
def reference():
    """The cases of the reference: name, arrays by name, scores."""
    scores = json.loads((REFERENCE / "metric_reference.json").read_text())
    with np.load(REFERENCE / "metric_reference.npz") as file:
        arrays = {key: file[key] for key in file.files}
    return [
        (case, {key.split("/")[1]: array for key, array in arrays.items() if key.startswith(case + "/")}, expected)
        for case, expected in scores.items()
    ]


def noise_free(case, arrays, factors):
    """The reference's code without its noise, as a function of the factors."""
    x = standardised(factors, factors.max(axis=0) + 1)
    if case.startswith("rotated"):
        return x @ arrays["A"] @ arrays["R"]
    if case.startswith("mixed"):
        return np.tanh(x @ arrays["W"] / 2)
    codes = x @ arrays["A"]
    if case.startswith("dead"):
        codes[:, (arrays["A"] == 0).all(axis=0)] = 0.5
    return codes
