from __future__ import annotations

import pytest

from bvtk.comparison.contents.table import aggregate, summary_of
from bvtk.recipe.sweep_schema import Published
from tests.comparison.tables import measured, over, table_of


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


def test_cells_are_numbers_words_or_nothing():
    table = table_of([measured(seed=0), measured(seed=1), measured("other", kind="x")], ["mig", "kind", "beta_norm"])
    (mig, kind, _), (_, other_kind, _) = table.values
    assert (summary_of(mig).values, kind) == ((0.1, 0.11), None)
    assert other_kind == "x"
    assert summary_of(other_kind) is None


def test_the_best_of_a_column_depends_on_its_direction():
    table = table_of(over(beta=(1.0, 4.0), latents=(5, 10)), ["mig", "held_out.reconstruction", "held_out.kl"])
    assert [row.settings["model.latents"] for row in table.rows] == [5, 5, 10, 10]
    assert table.best == [[False, True, False], [False, False, False], [True, True, False], [True, False, False]]


def test_equal_values_have_no_best():
    table = table_of(over(beta=(1.0, 4.0)), ["mig", "beta_vae_score"])
    assert table.best == [[False, False], [False, False]]


def test_published_values_belong_to_a_label_or_to_a_unique_name():
    published = Published(
        source="x", scores={"mig": {"toy (beta=4)": (0.2, None), "other": (0.1, 0.05), "toy": (9, None)}}
    )
    table = table_of([*over(beta=(1.0, 4.0)), measured("other")], ["mig", "held_out.kl"], published=published)
    mig, kl = table.columns
    assert [table.published_of(row, mig) for row in table.rows] == [None, (0.2, None), (0.1, 0.05)]
    assert table.has_published(mig)
    assert not table.has_published(kl)


def test_rows_without_a_value_are_sorted_last():
    table = table_of([measured("a"), measured("b", kind="x"), measured("c", kind="w")])
    assert [row.name for row in table.sorted("kind").rows] == ["c", "b", "a"]
