from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from bvtk.component import parse, samplers
from bvtk.engine.images import split
from bvtk.engine.samplers import pairs
from bvtk.engine.samplers.factors import TrainingFactors
from bvtk.engine.samplers.pairs import PairSampler, Rule, sequence_sampler
from bvtk.errors import UsageError
from tests.engine.samplers.labelled import Labelled, grid


def sampler(
    data: Labelled, rule: Rule, size: int = 64, indices: np.ndarray | None = None, seed: int = 0
) -> PairSampler:
    return PairSampler(data, np.arange(len(data)) if indices is None else indices, size, seed, rule)


@pytest.mark.parametrize("must_change", [False, True])
@pytest.mark.parametrize("changed", [1, "random"])
def test_partners_share_every_factor_that_is_not_redrawn(changed, must_change) -> None:
    data = grid(3, 4, 5, 2)
    draw = sampler(data, Rule(changed, must_change))
    numbers = set()
    for step in range(20):
        batch = draw(step)
        differs = data.factors(batch.images["x"]) != data.factors(batch.images["x_pair"])
        redrawn = batch.labels["redrawn"]
        assert not (differs & ~redrawn).any()
        if must_change:
            assert np.array_equal(differs, redrawn)
        numbers |= set(redrawn.sum(axis=1).tolist())
    assert numbers == ({1} if changed == 1 else {1, 2, 3})


def test_a_redrawn_factor_may_keep_its_value() -> None:
    data = grid(4, 3)
    batch = sampler(data, Rule(1, must_change=False), size=8000)(0)
    same = batch.images["x"] == batch.images["x_pair"]
    # One factor in two keeps its value with probability 1/4, the other with 1/3.
    assert abs(same.mean() - (1 / 4 + 1 / 3) / 2) < 0.02


def test_the_number_of_changed_factors_is_that_of_the_authors_code() -> None:
    batch = sampler(grid(2, 2, 2, 2, 2), Rule("random", must_change=True), size=16_000)(0)
    counts = np.bincount(batch.labels["redrawn"].sum(axis=1), minlength=6) / 16_000
    # One half draws 1, the other half 1, 2, 3 or 4 alike.
    assert counts == pytest.approx([0, 5 / 8, 1 / 8, 1 / 8, 1 / 8, 0], abs=0.015)


def test_held_out_images_are_never_partners() -> None:
    data = grid(3, 4, 5)
    train, held_out = split(60, 0.3, seed=0)
    draw = sampler(data, Rule("random", must_change=False), indices=train)
    seen = {int(i) for step in range(100) for index in draw(step).images.values() for i in index}
    assert not seen & set(held_out.tolist())
    assert seen == set(train.tolist())


def partners(draw: PairSampler, first: int, steps: int = 60) -> Counter[int]:
    found: Counter[int] = Counter()
    for step in range(steps):
        batch = draw(step)
        found.update(batch.images["x_pair"][batch.images["x"] == first].tolist())
    return found


@pytest.mark.parametrize("proposals", [0, 32])
def test_partners_are_as_likely_as_the_data_set_says(proposals: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """By proposals and by search alike: among the images with the factor redrawn, in proportion to their weights."""
    monkeypatch.setattr(pairs, "_PROPOSALS", proposals)
    data = Labelled(np.array([[0], [1], [2], [2]]), (3,))
    data.weights = np.array([1.0, 2.0, 3.0, 4.0])
    found = partners(sampler(data, Rule(1, must_change=False), size=500), 1)
    total = sum(found.values())
    assert [found[i] / total for i in range(4)] == pytest.approx([0.1, 0.2, 0.3, 0.4], abs=0.03)


@pytest.mark.parametrize("proposals", [0, 32])
def test_images_of_weight_zero_never_come(proposals: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairs, "_PROPOSALS", proposals)
    data = grid(3, 3)
    data.weights = np.array([1.0, 0.0, 1.0] * 3)
    draw = sampler(data, Rule("random", must_change=True))
    seen = {int(i) for step in range(30) for index in draw(step).images.values() for i in index}
    assert seen == {0, 2, 3, 5, 6, 8}


def test_rounding_never_gives_an_image_of_another_combination() -> None:
    """Beside a weight of 2⁵³, a height of 1.5 in the share of the second image rounds to the start of the third."""

    class Fixed(np.random.Generator):
        def random(self, size: int) -> np.ndarray:  # type: ignore[override]
            return np.full(size, 1.5 / 2**53)

    data = grid(3)
    factors = TrainingFactors(data, np.arange(3), "pairs")
    combinations = pairs._Combinations(factors, np.array([2.0**53, 2, 2]))
    keys = factors.keys(factors.values(np.arange(3)))
    assert combinations._accepted(Fixed(np.random.PCG64()), keys, keys[1:2]).tolist() == [1]


def test_no_full_grid_is_needed() -> None:
    # Differing in the first factor alone: 0 and 2. In the second alone: 0 and 1. Image 3 has no partner but itself.
    data = Labelled(np.array([[0, 0], [0, 1], [1, 0], [2, 2]]), (3, 3))
    draw = sampler(data, Rule(1, must_change=True))
    found = {tuple(sorted(pair)) for step in range(30) for pair in zip(*draw(step).images.values(), strict=True)}
    assert found == {(0, 1), (0, 2)}


def test_pairs_that_do_not_exist_are_refused() -> None:
    data = Labelled(np.array([[0, 0], [1, 1]]), (2, 2))
    with pytest.raises(UsageError, match="found no pairs") as caught:
        sampler(data, Rule(1, must_change=True))(0)
    assert "must_change" in caught.value.hint


def test_more_combinations_than_a_number_can_count_are_searched() -> None:
    values = np.zeros((6, 8), np.int64)
    values[:, 0] = np.arange(6)
    data = Labelled(values, (1000,) * 8)
    batch = sampler(data, Rule(1, must_change=False))(0)
    redrawn_first = batch.labels["redrawn"][:, 0]
    assert (batch.images["x"] == batch.images["x_pair"])[~redrawn_first].all()
    assert (batch.images["x"] != batch.images["x_pair"])[redrawn_first].any()


def test_batches_depend_on_seed_and_step_alone() -> None:
    data = grid(3, 4, 5)
    straight, fresh = (sampler(data, Rule("random", must_change=False), seed=3) for _ in range(2))
    batches = [straight(step) for step in range(10)]
    for step in reversed(range(10)):
        again = fresh(step)
        assert all(np.array_equal(again.images[role], batches[step].images[role]) for role in ("x", "x_pair"))
    other = sampler(data, Rule("random", must_change=False), seed=4)
    assert not np.array_equal(other(0).images["x"], batches[0].images["x"])


def test_labels_count_all_factors_of_the_data_set() -> None:
    batch = sampler(grid(1, 3, 1, 2), Rule(1, must_change=False))(0)
    assert batch.labels["redrawn"].shape == (64, 4)
    assert not batch.labels["redrawn"][:, [0, 2]].any()


@pytest.mark.parametrize("changed", [0, 2, True, "one", 1.5])
def test_other_numbers_of_changes_are_refused(changed) -> None:
    with pytest.raises(ValueError, match="expected 1 or random"):
        parse(samplers.get("pairs"), {"changed": changed})


def test_pairs_follow_each_other_within_a_sequence() -> None:
    data = grid(10)
    data.sequences = np.array([0, 0, 0, 1, 1, 2, 3, 3, 3, 3])
    draw = sequence_sampler(data, np.arange(10), 50, seed=0)
    found = {pair for step in range(20) for pair in zip(*draw(step).images.values(), strict=True)}
    assert found == {(0, 1), (1, 2), (3, 4), (6, 7), (7, 8), (8, 9)}


def test_both_images_train() -> None:
    data = grid(6)
    data.sequences = np.zeros(6, np.int64)
    draw = sequence_sampler(data, np.array([0, 1, 3, 4, 5]), 50, seed=0)
    found = {pair for step in range(20) for pair in zip(*draw(step).images.values(), strict=True)}
    assert found == {(0, 1), (3, 4), (4, 5)}


def test_first_images_are_as_likely_as_the_data_set_says() -> None:
    data = grid(4)
    data.sequences = np.zeros(4, np.int64)
    data.weights = np.array([1.0, 3.0, 0.0, 5.0])
    first = sequence_sampler(data, np.arange(4), 4000, seed=0)(0).images["x"]
    assert np.bincount(first, minlength=4) / 4000 == pytest.approx([0.25, 0.75, 0, 0], abs=0.03)


@pytest.mark.parametrize(
    ("sequences", "said"), [(None, "needs a data set with sequences"), ([0, 1, 2], "no two consecutive images")]
)
def test_data_without_consecutive_images_are_refused(sequences, said) -> None:
    data = grid(3)
    data.sequences = None if sequences is None else np.array(sequences)
    with pytest.raises(UsageError, match=said):
        sequence_sampler(data, np.arange(3), 4, seed=0)
