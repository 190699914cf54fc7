import pytest

from bvtk.comparison.contents.cautions import cautions
from bvtk.comparison.contents.columns import default_columns
from bvtk.comparison.contents.measured import Measured


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
