from bvtk.plugins import discover
from bvtk.report.scores import disentanglement_scores, held_out_curves, held_out_scores, score_curves
from tests.report.examples import made_up

discover(installed=False)


def test_metrics_are_called_what_their_own_docs_call_them():
    beta, mig = disentanglement_scores(made_up().scores)
    assert (beta.title, beta.value, beta.chance) == ("β-VAE score (paper)", "0.900", 0.25)
    assert beta.meaning == "How well a linear classifier recognises which factor two images share."
    assert (mig.title, mig.value, mig.chance) == ("Mutual information gap", "0.200", 0.0)
    assert ("gaps", "scale 0.100, x 0.300") in mig.parts
    assert (mig.reach, mig.caution[:31]) == ("0 to 1", "It expects one code per factor:")


def test_a_metric_that_nobody_knows_any_more_is_shown_by_its_key():
    (score,) = disentanglement_scores({"lost:bins=4": {"score": 7.5}})
    assert (score.title, score.value, score.meaning, score.share) == ("Lost (bins=4)", "7.500", "", None)


def test_a_score_without_an_upper_bound_is_no_share():
    (score,) = disentanglement_scores({"unsupervised": {"score": 0.3}})
    assert (score.value, score.share, score.reach) == ("0.300", None, "0 to unbounded")


def test_held_out():
    assert [(s.title, s.value) for s in held_out_scores(made_up().scores)] == [
        ("ELBO", "−50.0"),
        ("Reconstruction", "45.0"),
        ("KL", "5.0"),
        ("Active latents", "3 of 4"),
    ]


def test_the_squared_error_stands_beside_them():
    found = held_out_scores({"squared_error": {"score": 12.34, "per_pixel": 0.003, "images": 9}})
    assert [(s.title, s.value, s.parts) for s in found] == [
        ("Squared error", "12.3", (("per_pixel", "0.003"), ("images", "9")))
    ]
    assert disentanglement_scores({"squared_error": {"score": 1.0}}) == []


def test_curves_on_held_out_images():
    measured = {"held_out": {"reconstruction": 50.0}, "squared_error": {"score": 12.0}}
    assert held_out_curves([{"step": 5, "scores": measured}, {"step": 9, "scores": {}}]) == {
        "Reconstruction": [(5, 50.0)],
        "Squared error": [(5, 12.0)],
    }


def test_curves_over_training():
    assert score_curves(made_up().evaluations) == {"Mutual information gap": [(50, 0.1), (100, 0.2)]}
