from pathlib import Path

import pytest

from bvtk.comparison.contents.columns import default_columns
from bvtk.comparison.contents.keys import Measured
from bvtk.comparison.contents.warnings import cautions, unmatched
from bvtk.plugins import discover
from bvtk.recipe.sweep_schema import Published
from tests.cli.terminal import Terminal, terminal
from tests.comparison.folders import RECIPE, scores, write_run
from tests.comparison.tables import measured

__all__ = ["terminal"]

ODD = "published values that match nothing in the sweep: "


def run(name, *metrics, active=3, scored=None):
    scores = {spec["type"]: {"score": 0.5} for spec in metrics if scored is None or spec["type"] in scored}
    return Measured(name, {"name": name, "metrics": list(metrics)}, {"held_out": {"active_units": active}} | scores)


def said(*runs):
    return cautions(runs, default_columns(runs))


def test_runs_that_were_measured_alike_are_told_of_nothing():
    assert said(run("a", {"type": "mig", "bins": 20}), run("b", {"type": "mig", "bins": 20})) == []


def test_a_score_with_other_settings_is_no_figure_of_one_kind():
    paper = {"type": "beta_vae_score", "protocol": "paper", "pairs": None}
    dlib = {"type": "beta_vae_score", "protocol": "dlib", "pairs": None}
    assert said(run("a", paper), run("b", dlib)) == [
        "the values of β-VAE score are not comparable: the runs differ in its protocol"
    ]
    assert said(run("a", paper), run("b", {"type": "mig", "bins": 5})) == []  # different metrics are not compared
    assert said(run("a", paper), run("b", dlib, scored=())) == [
        "no score of beta_vae_score in 1 of 2 runs (see their reports): b"
    ]


def test_a_later_field_that_older_results_do_not_have_is_no_difference():
    assert said(run("a", {"type": "mig", "bins": 20}), run("b", {"type": "mig", "bins": 20, "points": 10})) == []


@pytest.mark.parametrize(("count", "names"), [(1, "r0"), (6, "r0, r1, r2, r3 and 2 more")])
def test_scores_of_collapsed_runs_mean_nothing(count, names):
    runs = [run(f"r{number}", {"type": "mig"}, active=0) for number in range(count)]
    assert said(*runs, run("alive", {"type": "mig"})) == [
        f"collapse in {count} of {count + 1} runs (no latent responds to the images, so their scores "
        f"mean nothing): {names}"
    ]


def test_the_first_figure_of_a_metric_names_it():
    settings = [{"type": "mig", "bins": bins} for bins in (5, 20)]
    runs = [run(name, setting) for name, setting in zip("ab", settings, strict=True)]
    for one in runs:
        one.scores["mig:bins=30"] = {"score": 0.5}
    assert cautions(runs, default_columns(runs)) == [
        "the values of MIG are not comparable: the runs differ in its bins"
    ]


def odd(figures, planned=(), by=()):
    runs = [measured(beta=1.0), measured(beta=4.0), measured("other")]
    return unmatched(Published(source="x", scores=figures), runs, planned, by)


@pytest.mark.parametrize("row", ["toy (beta=4)", "other", "toy"])
@pytest.mark.parametrize("metric", ["mig", "beta_vae_score", "held_out.kl"])
def test_what_has_a_place_goes_unsaid(metric, row):
    assert odd({metric: {row: (0.5, None)}}) == []


def test_all_that_matches_nothing_is_named_once():
    figures = {"migg": {"other": (0.5, None), "vea": (0.5, None)}, "mig": {"vea": (0.1, None)}}
    assert odd(figures) == [ODD + "metric 'migg', row 'vea'"]


def test_cells_that_have_not_been_run_are_not_amiss():
    planned = [measured("vae", metrics=[{"type": "sap"}])]
    assert odd({"sap": {"vae": (0.5, None)}}, planned) == []
    assert odd({"sap": {"vae": (0.5, None)}}) == [ODD + "metric 'sap', row 'vae'"]


def test_where_the_other_cells_are_unknown_a_metric_that_does_not_exist_is_still_named():
    discover(None, installed=False)
    assert odd({"sap": {"vae": (0.5, None)}}, None) == []
    assert odd({"migg": {"vae": (0.5, None)}}, None) == [ODD + "metric 'migg'"]


def test_other_rows_of_the_same_cells_are_not_amiss():
    assert odd({"mig": {"toy (beta=4)": (0.5, None), "name": (0.5, None)}}, by=["seed"]) == [ODD + "row 'name'"]


def test_the_verb_warns_in_one_line(terminal: Terminal) -> None:
    write_run(Path("runs"), ["seed=0"], scores(0.3))
    sweep = "sweep: {seeds: 2, published: {source: x, scores: {migg: {toy: [1, null]}, mig: {tay: [1, null]}}}}"
    Path("sweep.yaml").write_text(f"{RECIPE}{sweep}\n")
    found = terminal("compare", "sweep.yaml")
    assert found.code == 0
    assert f"warning: {ODD}metric 'migg', row 'tay'\n" in found.err
    assert "has not been run yet" in found.err
