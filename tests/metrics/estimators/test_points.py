import numpy as np

from bvtk.metrics.estimators.points import draw_rows, train_and_test
from bvtk.protocols import Codes
from tests.metrics.representations import labelled


def numbered(n):
    return labelled(np.arange(n, dtype=float)[:, None], np.arange(n)[:, None])


def test_few_images_are_all_used_in_order():
    assert draw_rows(4, 4, seed=3).tolist() == [0, 1, 2, 3]


def test_the_seed_draws_from_many_images_without_repeats():
    rows = draw_rows(1000, 100, seed=3)
    assert len(set(rows.tolist())) == 100
    assert rows.tolist() == draw_rows(1000, 100, seed=3).tolist() != draw_rows(1000, 100, seed=4).tolist()


def test_without_a_test_set_at_most_a_third_is_used_to_test():
    train, test = train_and_test(numbered(30), 10_000, 5_000, seed=0)
    assert len(test.codes) == 10
    assert sorted([*train.codes[:, 0], *test.codes[:, 0]]) == list(range(30))
    assert train.factors[:, 0].tolist() == train.codes[:, 0].tolist()
    assert test.factors[:, 0].tolist() == test.codes[:, 0].tolist()


def test_the_number_of_points_is_limited():
    train, test = train_and_test(numbered(1000), 100, 50, seed=0)
    assert (len(train.codes), len(test.codes)) == (100, 50)
    assert not set(train.codes[:, 0]) & set(test.codes[:, 0])


def test_the_test_set_of_the_caller_is_used():
    first, second = numbered(20), numbered(7)
    codes = Codes(first.codes, first.factors, first.factor_names, second.codes + 100, second.factors)
    train, test = train_and_test(codes, 10_000, 5, seed=0)
    assert train.codes.tolist() == first.codes.tolist()
    assert len(test.codes) == 5
    assert test.codes.min() >= 100
