import pytest

from bvtk.comparison.contents.keys import Measured
from bvtk.comparison.contents.rows import rows_of
from bvtk.comparison.views.axes import Axis, Choice
from tests.comparison.tables import measured, over, table_of


@pytest.mark.parametrize(
    ("runs", "names"),
    [
        (over(beta=(1, 2, 4)), ["curves", "rate-distortion", "training"]),
        (over(latents=(2, 4)), ["curves", "training"]),
        (over(beta=(1, 4), latents=(2, 5)), ["heatmap", "curves", "rate-distortion", "training"]),
        (over(beta=(1, 4), kind=("a", "b")), ["curves", "rate-distortion", "training"]),
        (over(beta=(1, 4), latents=(2, 5), kind=("a", "b")), ["bars", "rate-distortion", "training"]),
        (over(name=("vae", "pca")), ["bars", "training"]),
        ([measured()], ["training"]),
        ([Measured("x", {"name": "x"}, {"mig": {"score": 0.1}})], []),
        (over(beta=range(1, 30)), ["curves", "rate-distortion"]),
    ],
)
def test_what_rows_differ_in_chooses_the_plots(runs, names):
    assert Choice(table_of(runs)).plots == names


def test_a_number_that_a_row_lacks_is_a_word():
    runs = [measured("a", beta=1), measured("a", beta=4), Measured("pca", {"name": "pca"}, {"mig": {"score": 0.1}})]
    choice = Choice(table_of(runs))
    assert choice.numbers == []
    assert choice.words == ["a, beta=1", "a, beta=4", "pca, beta=–"]


def test_curves_run_along_the_key_with_more_values():
    choice = Choice(table_of(over(beta=(1, 2, 4), latents=(2, 5))))
    assert choice.along.key == "objective.beta"
    assert choice.lines(choice.along) == {"latents=2": [0, 1, 2], "latents=5": [3, 4, 5]}


def test_lines_are_ordered_along_the_axis():
    choice = Choice(table_of(over(latents=(20, 3, 100), kind=("b", "a"))))
    (axis,) = choice.numbers
    for rows in choice.lines(axis).values():
        assert [axis.values[row] for row in rows] == [3, 20, 100]


@pytest.mark.parametrize(
    ("key", "values", "logarithmic"),
    [
        ("objective.beta", (1.0, 2.0), True),
        ("beta_norm", (0.1, 0.2), True),
        ("objective.beta", (0.0, 2.0), False),
        ("model.latents", (2.0, 50.0), False),
        ("training.steps", (10.0, 100_000.0), True),
    ],
)
def test_logarithmic_axes(key, values, logarithmic):
    assert Axis(key, key, values).logarithmic == logarithmic


def test_beta_norm_is_a_key():
    rows = rows_of(over(beta=(1, 2), latents=(4, 8)), ["latents", "beta_norm"])
    assert [row.settings["beta_norm"] for row in rows] == pytest.approx([4 / 4096, 8 / 4096, 8 / 4096, 16 / 4096], 1e-5)
