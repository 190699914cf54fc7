"""The columns of a comparison: which there are, their headings, and whether higher or lower is better."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bvtk.comparison.contents.keys import HEADLINE, Key, Measured, find_key, known_keys
from bvtk.errors import UsageError
from bvtk.metrics.scoring.keys import HELD_OUT, settings

RECONSTRUCTION = "held_out.reconstruction"
KL = "held_out.kl"
BETAS = ("objective.beta", "objective.beta.value", "objective.beta.end", "beta", "beta_norm")
"""Every key by which rows may differ in β."""

_LAST = (RECONSTRUCTION, "squared_error", KL)
"""The last columns of every table whose runs have them. They are not scores of disentanglement."""

_LOWER = {
    ("held_out", "reconstruction"),
    ("squared_error", HEADLINE),
    ("unsupervised", HEADLINE),
    ("unsupervised", "gaussian_total_correlation"),
    ("unsupervised", "gaussian_wasserstein_correlation"),
    ("unsupervised", "gaussian_wasserstein_correlation_normalised"),
    ("unsupervised", "mutual_information"),
}
_HIGHER_PARTS = {
    *("elbo", "disentanglement", "completeness", "informativeness", "informativeness_train", "gaps"),
    *("modularity", "compactness", "explicitness", "explicitness_train", "train_accuracy"),
}
_NATS = {("held_out", part) for part in (HEADLINE, "elbo", "reconstruction", "kl")}
_WORDS = {
    "beta_vae_score": "β-VAE score",
    "factor_vae_score": "FactorVAE score",
    "infomec": "InfoMEC",
    "elbo": "ELBO",
} | {name: name.upper() for name in ("mig", "dci", "sap", "irs", "udr", "kl")}
_HEADLINES = _WORDS | {
    "dci": "DCI disentanglement",
    "downstream": "downstream accuracy",
    "infomec": "InfoM",
    "modularity_explicitness": "modularity",
    "unsupervised": "mutual information of codes",
}
"""The heading of a headline score. If a metric has several values, the heading says which one it is."""

_NAMED_BY_PARTS = {"modularity_explicitness", "unsupervised"}
"""Metrics whose name adds nothing to the names of their values."""


def default_columns(runs: Sequence[Measured]) -> list[Key]:
    """The headline score of every metric that any run has, then reconstruction, squared error and KL."""
    known = known_keys(runs)
    scores = [key for key in known.values() if key.metric not in (None, HELD_OUT, "squared_error")]
    return [*scores, *(known[text] for text in _LAST if text in known)]


def columns_of(texts: Sequence[str], runs: Sequence[Measured]) -> list[Key]:
    """The columns that a user names, or the default ones.

    Raises:
        UsageError: if no run has one of them.
    """
    found = [_column(text, runs) for text in texts] if texts else default_columns(runs)
    return list(dict.fromkeys(found))


def _column(text: str, runs: Sequence[Measured]) -> Key:
    key = find_key(text, runs)
    if key.kind == "score" and any(isinstance(key.of(run), list | Mapping) for run in runs):
        parts = [known for known in known_keys(runs) if known.startswith(f"{key.text}.")]
        raise UsageError(f"{key.text!r} has several values", f"name one of them: {', '.join(parts)}")
    return key


def better(key: Key) -> int:
    """1 if higher is better, −1 if lower is, 0 if neither or not known."""
    if key.kind != "score":
        return 0
    if key.path in _LOWER:
        return -1
    return int(key.metric is not None or key.path[1] in _HIGHER_PARTS)


def heading(key: Key) -> str:
    """The heading of a column, with its unit: "reconstruction (nats)"."""
    if key.kind != "score":
        return key.text
    words = [key.path[0], *(part for part in key.path[1:] if part != HEADLINE)]
    if key.path[0] == HELD_OUT:
        words = words[1:] or ["held-out score"]
    elif key.path[0] in _NAMED_BY_PARTS:
        words = words[1:] or words
    unit = " (nats)" if key.path in _NATS else ""
    names = _HEADLINES if len(words) == 1 else _WORDS
    return " ".join(_title(word, names) for word in words) + unit


def _title(metric: str, names: Mapping[str, str]) -> str:
    """A key of `scores.json` in words: `beta_vae_score:protocol=dlib` is "β-VAE score (dlib)"."""
    name, pairs = settings(metric)
    words = names.get(name, name.replace("_", " "))
    values = ", ".join(value for _, value in pairs)
    return f"{words} ({values})" if values else words
