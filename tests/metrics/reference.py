"""Synthetic representations, and the scores that disentanglement_lib computes for them."""

import json
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from bvtk.protocols import Codes
from tests.metrics.representations import grid, labelled, standardised

DATA = Path(__file__).parents[1] / "data"
NAMES = tuple(json.loads((DATA / "metric_reference.json").read_text()))
SAMPLED = tuple(name for name in NAMES if name.endswith("dsprites"))
"""The cases that also have scores from sampled points of the noise-free codes on the whole grid."""
DSPRITES = ("shape", "scale", "orientation", "x", "y")


class Case(NamedTuple):
    """A representation with 2,000 points to train and 1,000 to test on, its matrices, and its scores."""

    codes: Codes
    arrays: dict
    expected: dict


@cache
def case(name):
    """The case of this name."""
    expected = json.loads((DATA / "metric_reference.json").read_text())[name]
    with np.load(DATA / "metric_reference.npz") as file:
        arrays = {key.split("/")[1]: file[key] for key in file.files if key.startswith(name + "/")}
    names = DSPRITES if name in SAMPLED else ("azimuth", "elevation", "light", "lens")[: len(expected["factor_sizes"])]
    train, test = ((arrays[f"codes_{part}"], arrays[f"factors_{part}"]) for part in ("train", "test"))
    return Case(Codes(*train, names, *test), arrays, expected)


@cache
def noise_free_grid(name):
    """The codes of a case without noise, as a function of the factors, on the whole grid."""
    found = case(name)
    factors = grid(tuple(found.expected["factor_sizes"]))
    return labelled(_noise_free(name, found.arrays, factors).astype(np.float32), factors, found.codes.factor_names)


def _noise_free(name, arrays, factors):
    x = standardised(factors, factors.max(axis=0) + 1)
    if name.startswith("rotated"):
        return x @ arrays["A"] @ arrays["R"]
    if name.startswith("mixed"):
        return np.tanh(x @ arrays["W"] / 2)
    codes = x @ arrays["A"]
    if name.startswith("dead"):
        codes[:, (arrays["A"] == 0).all(axis=0)] = 0.5
    return codes
