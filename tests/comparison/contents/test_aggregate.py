import pytest

from bvtk.comparison.contents.aggregate import aggregate


def test_mean_and_sample_standard_deviation():
    found = aggregate([1.0, 2.0, 6.0], "mean")
    assert found.value == 3.0
    assert found.spread == pytest.approx(((4 + 1 + 9) / 2) ** 0.5)
    assert found.values == (1.0, 2.0, 6.0)


@pytest.mark.parametrize("how", ["mean", "median", "paper"])
def test_one_run_has_no_spread(how):
    found = aggregate([0.5], how, better=1)
    assert (found.value, found.spread) == (0.5, None)


def test_median_and_half_the_interquartile_range():
    found = aggregate([5.0, 1.0, 2.0, 4.0, 3.0], "median")
    assert (found.value, found.spread) == (3.0, 1.0)


def test_the_paper_keeps_the_better_half():
    high = aggregate([1.0, 2.0, 3.0, 5.0], "paper", better=1)
    assert (high.value, high.spread) == (4.0, pytest.approx(2**0.5))
    low = aggregate([1.0, 2.0, 3.0, 5.0], "paper", better=-1)
    assert low.value == 1.5
    neither = aggregate([1.0, 2.0, 3.0], "paper", better=0)
    assert neither.value == 2.0


def test_the_paper_pools_the_scores_of_all_classifiers():
    pooled = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]
    found = aggregate([0.2, 0.5], "paper", better=1, pooled=pooled)
    assert found.value == pytest.approx(0.5)
    assert found.spread == pytest.approx(0.1)
    assert found.values == (0.2, 0.5)
