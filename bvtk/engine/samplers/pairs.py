"""Pairs of images that share most of their factors, and of consecutive images of a sequence.

Locatello et al. 2020 (2002.02886), section 5.1, and Klindt et al. 2021 (2007.10930).

Shapes: B pairs, k factors that vary.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from bvtk.engine.samplers.draws import Draws, Positions, training_draws
from bvtk.engine.samplers.factors import TrainingFactors
from bvtk.errors import UsageError
from bvtk.protocols import Batch, Dataset, Sampler
from bvtk.seeding import derive

_PROPOSALS = 32
"""Rounds of proposals before the partners of what is left are searched among all images."""
_ATTEMPTS = 100
"""How often a pair without a possible partner is drawn again."""
_NONE = -1


@dataclass(frozen=True)
class Rule:
    """How many factors of the second image of a pair are drawn again, and whether each must get another value."""

    changed: Literal[1, "random"]
    must_change: bool


class PairSampler:
    """Pairs of training images.

    A pair's first image is drawn from the training images. Its partner is drawn from the training images that agree
    with it in all factors but the redrawn ones, with the probabilities of the data set. `batch_size` is B.

    Raises:
        UsageError: if no factor has two values.
    """

    def __init__(self, dataset: Dataset, indices: NDArray[np.int64], batch_size: int, seed: int, rule: Rule) -> None:
        self._factors = TrainingFactors(dataset, indices, "pairs")
        self._draws = training_draws(dataset, indices)
        self._combinations = _Combinations(self._factors, self._draws.weights)
        self._varying = [dataset.factor_names.index(name) for name in self._factors.names]
        self._all_factors = len(dataset.factor_names)
        self._indices = indices
        self._batch_size = batch_size
        self._seed = seed
        self._rule = rule

    def __call__(self, step: int) -> Batch:
        """The batch of a step, counted from 0: roles `x` and `x_pair`, label `redrawn`."""
        generator = np.random.default_rng(derive(self._seed, "pairs", step))
        first, partner, redrawn_Bk = self._draw(generator, self._batch_size)
        for _ in range(_ATTEMPTS):
            left = np.flatnonzero(partner == _NONE)
            if not len(left):
                break
            first[left], partner[left], redrawn_Bk[left] = self._draw(generator, len(left))
        else:
            raise UsageError(
                "found no pairs of training images that differ in every factor that is drawn again",
                "set training.sampler.must_change to false, or give a data set with more combinations of factors",
            )
        redrawn = np.zeros((self._batch_size, self._all_factors), bool)
        redrawn[:, self._varying] = redrawn_Bk
        images = {"x": self._indices[first], "x_pair": self._indices[partner]}
        return Batch(images, {"redrawn": redrawn})

    def _draw(self, generator: np.random.Generator, size: int) -> tuple[Positions, Positions, NDArray[np.bool_]]:
        """Pairs and what was drawn again; the partner is −1 if there is none."""
        first = self._draws.positions(generator, size)
        redrawn = self._redrawn(generator, size)
        partner = self._combinations.propose(generator, first, redrawn, self._rule.must_change)
        for pair in np.flatnonzero(partner == _NONE):
            possible = self._possible(first[pair], redrawn[pair])
            if len(possible):
                partner[pair] = self._draws.among(generator, possible, 1)[0]
        return first, partner, redrawn

    def _redrawn(self, generator: np.random.Generator, size: int) -> NDArray[np.bool_]:
        """Which factors of each pair are drawn again, (size, k) booleans."""
        count = len(self._factors.names)
        changes = np.ones(size, np.int64)
        if self._rule.changed == "random":
            many = generator.random(size) < 0.5
            changes[many] = generator.integers(1, max(count, 2), size=int(many.sum()))
        rank = generator.random((size, count)).argsort(axis=1).argsort(axis=1)
        return rank < changes[:, None]

    def _possible(self, position: int, redrawn: NDArray[np.bool_]) -> Positions:
        """All partners that an image can have."""
        alike = self._factors.alike(position, redrawn)
        if self._rule.must_change:
            for column in (self._factors.columns[factor] for factor in np.flatnonzero(redrawn)):
                alike = alike[column[alike] != column[position]]
        weights = self._draws.weights
        return alike if weights is None else alike[weights[alike] > 0]


class _Combinations:
    """Finds partners by proposing combinations of factors: exact, and fast if most combinations occur.

    A proposal is accepted with a probability proportional to the weight of all training images that have its
    combination, so that accepted partners follow the weights (n,) of the images.
    """

    def __init__(self, factors: TrainingFactors, weights: NDArray[np.float64] | None) -> None:
        self._factors = factors
        keys = factors.keys(factors.values(np.arange(len(factors.columns[0]))))
        if keys is None:
            self._keys = None
            return
        order = np.argsort(keys, kind="stable")
        self._order, self._keys = order, keys[order]
        sorted_weights = np.ones(len(keys)) if weights is None else weights[order]
        self._cumulative = np.concatenate([[0.0], np.cumsum(sorted_weights)])
        starts = np.flatnonzero(np.diff(self._keys, prepend=self._keys[0] - 1))
        self._heaviest = np.diff(self._cumulative[[*starts, len(keys)]]).max()

    def propose(
        self, generator: np.random.Generator, first: Positions, redrawn: NDArray[np.bool_], must_change: bool
    ) -> Positions:
        """A partner of each image, −1 if no proposal was accepted."""
        partner = np.full(len(first), _NONE)
        if self._keys is None:
            return partner
        own, sizes = self._factors.values(first), self._factors.sizes
        for _ in range(_PROPOSALS):
            left = np.flatnonzero(partner == _NONE)
            if not len(left):
                break
            shape = (len(left), len(sizes))
            if must_change:
                values = (own[left] + generator.integers(1, sizes, size=shape)) % sizes
            else:
                values = generator.integers(0, sizes, size=shape)
            keys = self._factors.keys(np.where(redrawn[left], values, own[left]))
            partner[left] = self._accepted(generator, self._keys, keys)
        return partner

    def _accepted(self, generator: np.random.Generator, known: NDArray[np.int64], keys: Any) -> Positions:
        """An image with each key (m,), −1 if there is none or it was not accepted."""
        start, end = (np.searchsorted(known, keys, side=side) for side in ("left", "right"))
        low = self._cumulative[start]
        weight = self._cumulative[end] - low
        height = generator.random(len(keys)) * self._heaviest
        # A height below the weight also says which of the images: each covers its own share of the weight.
        place = np.searchsorted(self._cumulative, low + height, side="right") - 1
        # Rounding may lift the sum to the share of the next key.
        place = np.minimum(place, np.maximum(end - 1, 0))
        return np.where(height < weight, self._order[place], _NONE)


def sequence_sampler(dataset: Dataset, indices: NDArray[np.int64], batch_size: int, seed: int) -> Sampler:
    """Pairs of training images (n,) that follow each other in a sequence: roles `x` and `x_pair`.

    Raises:
        UsageError: if the data set has no sequences, or no two consecutive images train.
    """
    sequences = dataset.sequences
    if sequences is None:
        raise UsageError(
            "sampler 'sequences' needs a data set with sequences, and this one has none",
            "give an .npz with `sequences`, the number of each image's sequence, or choose another sampler",
        )
    trains = np.zeros(len(dataset) + 1, bool)
    trains[indices] = True
    followed = trains[:-1] & trains[1:]
    followed[:-1] &= sequences[:-1] == sequences[1:]
    firsts = np.flatnonzero(followed)
    weights = None if dataset.weights is None else dataset.weights[firsts]
    if not len(firsts) or (weights is not None and not weights.any()):
        raise UsageError("no two consecutive images of a sequence train", "hold out fewer images (training.held_out)")
    draws = Draws(weights, len(firsts))

    def sampler(step: int) -> Batch:
        generator = np.random.default_rng(derive(seed, "sequences", step))
        first = firsts[draws.positions(generator, batch_size)]
        return Batch({"x": first, "x_pair": first + 1})

    return sampler
