import pytest

from bvtk.comparison.contents.columns import heading
from bvtk.comparison.contents.keys import Key


@pytest.mark.parametrize(
    ("path", "words"),
    [
        (("held_out", "score"), "held-out score (nats)"),
        (("held_out", "elbo"), "ELBO (nats)"),
        (("held_out", "kl"), "KL (nats)"),
        (("beta_vae_score:protocol=dlib", "score"), "β-VAE score (dlib)"),
        (("dci", "score"), "DCI disentanglement"),
    ],
)
def test_headings_name_what_they_are_above(path, words):
    assert heading(Key(".".join(path), "score", path)) == words
