import io

import numpy as np
import pytest
from PIL import Image

from bvtk.comparison.contents.rows import rows_of
from bvtk.comparison.views.plots import curve_of, plot_named, plots
from bvtk.errors import UsageError
from bvtk.recipe.sweep_schema import Published
from tests.comparison.tables import measured, over, table_of
from tests.report.examples import HOSTILE


def opened(png):
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"), float)


PUBLISHED = Published(source="a paper", scores={"mig": {"vae": (0.2, 0.1), "none": (1.0, None)}})
TABLES = {
    "one number": table_of(over(beta=(1, 4, 500)), ["mig"]),
    "two numbers": table_of(over(beta=(1, 4), latents=(2, 5))[:-2], ["beta_vae_score"]),
    "words": table_of(over(name=("vae", "$x_{$", HOSTILE)), ["mig"], published=PUBLISHED),
}


@pytest.mark.parametrize("name", TABLES)
def test_every_plot_is_a_picture_of_the_same_width(name):
    drawn = plots(TABLES[name])
    assert drawn
    for plot in drawn:
        pixels = opened(plot.png)
        assert pixels.shape[1] == 1600
        assert 300 < pixels.shape[0] < 3000
        assert pixels.std() > 5
        assert plot.title
        assert plot.note.endswith(".")


def test_the_same_table_gives_the_same_bytes():
    one, other = (plot_named(TABLES["one number"], "curves").png for _ in range(2))
    assert one == other


def test_published_figures_are_drawn():
    table = TABLES["words"]
    with_them, without = (plot_named(found, "bars") for found in (table, table_of(table.runs, ["mig"])))
    assert not np.array_equal(opened(with_them.png)[:200], opened(without.png)[:200])
    assert "Diamonds" in with_them.note
    assert "Diamonds" not in without.note


def test_a_curve_over_training_is_a_mean_over_seeds():
    (row,) = rows_of([measured(seed=0), measured(seed=4)])
    assert curve_of(row, "mig") == [
        (10.0, pytest.approx(0.06), pytest.approx(0.02 / 2**0.5)),
        (20.0, pytest.approx(0.12), pytest.approx(0.04 / 2**0.5)),
    ]
    assert curve_of(row, "sap") == []


def test_a_plot_that_does_not_fit_is_told():
    with pytest.raises(UsageError, match="did you mean 'curves'"):
        plot_named(TABLES["one number"], "curve")
    with pytest.raises(UsageError, match="no plot 'heatmap'"):
        plot_named(TABLES["words"], "heatmap")
