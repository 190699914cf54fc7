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
    found = train_and_test(numbered(30), 10_000, 5_000, seed=0)
    assert len(found.codes_test) == 10
    assert sorted([*found.codes[:, 0], *found.codes_test[:, 0]]) == list(range(30))
    assert found.factors[:, 0].tolist() == found.codes[:, 0].tolist()
    assert found.factors_test[:, 0].tolist() == found.codes_test[:, 0].tolist()


def test_the_number_of_points_is_limited():
    found = train_and_test(numbered(1000), 100, 50, seed=0)
    assert (len(found.codes), len(found.codes_test)) == (100, 50)
    assert not set(found.codes[:, 0]) & set(found.codes_test[:, 0])


def test_the_test_set_of_the_caller_is_used():
    train, test = numbered(20), numbered(7)
    kept = Codes(train.codes, train.factors, train.factor_names, test.codes + 100, test.factors)
    found = train_and_test(kept, 10_000, 5, seed=0)
    assert found.codes.tolist() == train.codes.tolist()
    assert len(found.codes_test) == 5
    assert found.codes_test.min() >= 100
