"""Scores as shown in a report: title, meaning, and the score of chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bvtk.component import MetricSpec, metrics
from bvtk.metrics.scoring.keys import HELD_OUT_KEYS
from bvtk.quantities import fixed


@dataclass(frozen=True)
class Score:
    """One score of a report.

    Args:
        key: its key in `scores.json`.
        meaning: how to read it, in one line.
        share: the value of a score from 0 to 1; None for other scores.
        chance: the score of chance; None if it is not known.
        parts: the other values of a metric, by name, as text.
        reach: the range of the score, as text; empty if it is not known.
        caution: known weaknesses; empty if there are none.
    """

    key: str
    title: str
    value: str
    meaning: str
    share: float | None = None
    chance: float | None = None
    parts: tuple[tuple[str, str], ...] = ()
    reach: str = ""
    caution: str = ""


_HELD_OUT = {
    "elbo": ("ELBO", "Evidence lower bound, −(reconstruction + KL), in nats per held-out image: higher is better."),
    "reconstruction": ("Reconstruction", "−log p(x|z), nats per held-out image: lower is sharper."),
    "kl": ("KL", "Information in the latents, in nats per held-out image."),
    "active_units": ("Active latents", "Latents that respond to the image."),
}
_SQUARED_ERROR = "Sum over pixels and channels, mean over held-out images: lower is sharper."


def disentanglement_scores(scores: Mapping[str, Any]) -> list[Score]:
    """The metrics of a run, in the order in which the recipe lists them."""
    return [_of_metric(key, result) for key, result in scores.items() if key not in HELD_OUT_KEYS]


def held_out_scores(scores: Mapping[str, Any]) -> list[Score]:
    """What was measured on held-out images."""
    found = scores.get("held_out", {})
    texts = {key: fixed(found[key], 1) for key in ("elbo", "reconstruction", "kl") if key in found}
    if "active_units" in found:
        texts["active_units"] = " of ".join(str(found[key]) for key in ("active_units", "latents") if key in found)
    shown = [Score(key, title, texts[key], meaning) for key, (title, meaning) in _HELD_OUT.items() if key in texts]
    if error := scores.get("squared_error"):
        parts = tuple((part, _text(error[part])) for part in ("per_pixel", "images") if part in error)
        shown.append(Score("squared_error", "Squared error", fixed(error["score"], 1), _SQUARED_ERROR, parts=parts))
    return shown


def score_curves(evaluations: Sequence[Mapping[str, Any]]) -> dict[str, list[tuple[int, float]]]:
    """Points (step, score) of every metric over training, by its title."""
    curves: dict[str, list[tuple[int, float]]] = {}
    for evaluation in evaluations:
        for score in disentanglement_scores(evaluation.get("scores", {})):
            if score.share is not None:
                curves.setdefault(score.title, []).append((evaluation["step"], score.share))
    return curves


def held_out_curves(evaluations: Sequence[Mapping[str, Any]]) -> dict[str, list[tuple[int, float]]]:
    """Points (step, value) of what was measured on held-out images over training, by its title."""
    wanted = {("held_out", "reconstruction"): "Reconstruction", ("squared_error", "score"): "Squared error"}
    curves: dict[str, list[tuple[int, float]]] = {}
    for evaluation in evaluations:
        for (entry, part), title in wanted.items():
            value = evaluation.get("scores", {}).get(entry, {}).get(part)
            if value is not None:
                curves.setdefault(title, []).append((evaluation["step"], value))
    return curves


def _of_metric(key: str, result: Mapping[str, Any]) -> Score:
    name, _, settings = key.partition(":")
    known = name in metrics
    spec = metrics.get(name) if known else MetricSpec
    notes = spec.notes() if known else {}
    title, _, meaning = (metrics.entry(name).summary if known else "").partition(": ")
    said = result.get("protocol", settings)
    value: float | None = result.get("score")
    of_one = (spec.lowest, spec.highest) == (0.0, 1.0)
    return Score(
        key=key,
        title=_capital(title if meaning else name) + (f" ({said})" if said else ""),
        value="–" if value is None else fixed(value, 3),
        meaning=_sentence(meaning or title),
        share=value if of_one and value is not None and 0 <= value <= 1 else None,
        chance=result.get("chance", spec.chance_score),
        parts=tuple((part, _text(v)) for part, v in result.items() if part not in ("score", "chance") and v != []),
        reach=notes.get("range", ""),
        caution=_sentence(notes.get("weaknesses", "")),
    )


def _sentence(text: str) -> str:
    text = text.strip().rstrip(".")
    return f"{_capital(text)}." if text else ""


def _capital(text: str) -> str:
    return text if text.startswith("β") else text[:1].upper() + text[1:]


def _text(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return str(value).lower()
    if isinstance(value, float):
        return fixed(value, 3)
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_text(item)}" for key, item in value.items())
    return ", ".join(map(_text, value)) if isinstance(value, list | tuple) else str(value)
