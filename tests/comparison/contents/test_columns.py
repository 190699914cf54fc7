import pytest

from bvtk.comparison.contents.columns import better, columns_of, heading
from bvtk.comparison.contents.keys import Measured, find_key
from bvtk.errors import UsageError

SCORES = {
    "held_out": {"score": -1.0, "elbo": -1.0, "reconstruction": 1.0, "kl": 0.5},
    "squared_error": {"score": 3.0},
    "mig": {"score": 0.1, "gaps": {"x": 0.1}},
    "beta_vae_score:protocol=dlib": {"score": 0.5},
    "modularity_explicitness": {"score": 0.2, "explicitness": 0.4},
    "unsupervised": {"score": 0.3, "gaussian_total_correlation": 0.3},
}
RUNS = [Measured("a", {"name": "a", "model": {"latents": 2}}, SCORES)]


def test_the_default_columns_are_headline_scores_then_measures_of_reconstruction():
    assert [column.text for column in columns_of((), RUNS)] == [
        *("mig", "beta_vae_score:protocol=dlib", "modularity_explicitness", "unsupervised"),
        *("held_out.reconstruction", "squared_error", "held_out.kl"),
    ]


def test_of_a_model_without_a_posterior_there_is_no_column_of_kl():
    scores = {"held_out": {"score": -1.0, "reconstruction": 1.0}, "mig": {"score": 0.1}}
    columns = columns_of((), [Measured("a", {"name": "a"}, scores)])
    assert [column.text for column in columns] == ["mig", "held_out.reconstruction"]


@pytest.mark.parametrize(
    ("text", "words", "direction"),
    [
        ("mig", "MIG", 1),
        ("mig.gaps.x", "MIG gaps x", 1),
        ("beta_vae_score:protocol=dlib", "β-VAE score (dlib)", 1),
        ("held_out", "held-out score (nats)", 1),
        ("held_out.elbo", "ELBO (nats)", 1),
        ("held_out.reconstruction", "reconstruction (nats)", -1),
        ("held_out.kl", "KL (nats)", 0),
        ("squared_error", "squared error", -1),
        ("modularity_explicitness", "modularity", 1),
        ("modularity_explicitness.explicitness", "explicitness", 1),
        ("unsupervised", "mutual information of codes", -1),
        ("model.latents", "model.latents", 0),
    ],
)
def test_headings_and_directions(text, words, direction):
    key = find_key(text, RUNS)
    assert heading(key) == words
    assert better(key) == direction


def test_a_column_has_one_value():
    with pytest.raises(UsageError, match=r"'mig.gaps' has several values") as caught:
        columns_of(["mig.gaps"], RUNS)
    assert caught.value.hint == "name one of them: mig.gaps.x"
