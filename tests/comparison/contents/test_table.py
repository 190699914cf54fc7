from bvtk.comparison.contents.table import summary_of
from bvtk.recipe.sweep_schema import Published
from tests.comparison.tables import measured, over, table_of


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
