from pathlib import Path

import pytest

from bvtk.comparison.contents.published import unmatched
from bvtk.plugins import discover
from bvtk.recipe.sweep_schema import Published
from tests.cli.terminal import Terminal, terminal
from tests.comparison.folders import RECIPE, scores, write_run
from tests.comparison.tables import measured

__all__ = ["terminal"]

ODD = "published values that match nothing in the sweep: "


def said(figures, planned=(), by=()):
    runs = [measured(beta=1.0), measured(beta=4.0), measured("other")]
    return unmatched(Published(source="x", scores=figures), runs, planned, by)


@pytest.mark.parametrize("row", ["toy (beta=4)", "other", "toy"])
@pytest.mark.parametrize("metric", ["mig", "beta_vae_score", "held_out.kl"])
def test_what_has_a_place_goes_unsaid(metric, row):
    assert said({metric: {row: (0.5, None)}}) is None


def test_all_that_matches_nothing_is_named_once():
    figures = {"migg": {"other": (0.5, None), "vea": (0.5, None)}, "mig": {"vea": (0.1, None)}}
    assert said(figures) == ODD + "metric 'migg', row 'vea'"


def test_cells_that_have_not_been_run_are_not_amiss():
    planned = [measured("vae", metrics=[{"type": "sap"}])]
    assert said({"sap": {"vae": (0.5, None)}}, planned) is None
    assert said({"sap": {"vae": (0.5, None)}}) == ODD + "metric 'sap', row 'vae'"


def test_where_the_other_cells_are_unknown_a_metric_that_does_not_exist_is_still_named():
    discover(None, installed=False)
    assert said({"sap": {"vae": (0.5, None)}}, None) is None
    assert said({"migg": {"vae": (0.5, None)}}, None) == ODD + "metric 'migg'"


def test_other_rows_of_the_same_cells_are_not_amiss():
    assert said({"mig": {"toy (beta=4)": (0.5, None), "name": (0.5, None)}}, by=["seed"]) == ODD + "row 'name'"


def test_the_verb_warns_in_one_line(terminal: Terminal) -> None:
    write_run(Path("runs"), ["seed=0"], scores(0.3))
    sweep = "sweep: {seeds: 2, published: {source: x, scores: {migg: {toy: [1, null]}, mig: {tay: [1, null]}}}}"
    Path("sweep.yaml").write_text(f"{RECIPE}{sweep}\n")
    found = terminal("compare", "sweep.yaml")
    assert found.code == 0
    assert f"warning: {ODD}metric 'migg', row 'tay'\n" in found.err
    assert "has not been run yet" in found.err
