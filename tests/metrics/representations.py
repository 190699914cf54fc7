"""Synthetic representations with known scores."""

import numpy as np

from bvtk.protocols import Codes

SIZES = (3, 6, 40, 32, 32)


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
    """Codes that are independent of the factors."""
    rng = np.random.default_rng(seed)
    factors = rng.integers(sizes, size=(n, len(sizes)))
    return labelled(rng.normal(size=(n, 10)), factors)


def duplicated(**kwargs):
    """Each factor in two codes."""
    once = perfect(**kwargs)
    return labelled(np.tile(once.codes, (1, 2)), once.factors)


def labelled(codes, factors, names=None):
    return Codes(codes, factors, names or tuple(f"factor_{j}" for j in range(factors.shape[1])))


def scorer(spec):
    """A metric as a function of codes, a seed and the fields of its spec."""
    return lambda codes, seed, **fields: spec(**fields).build()(codes, seed)
