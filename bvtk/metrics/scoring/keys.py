"""The keys of scores, wherever they are written, printed or compared."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from bvtk.component import MetricSpec

HELD_OUT = "held_out"
"""Key of what is measured on held-out images. It does not belong to a metric."""

HELD_OUT_KEYS = (HELD_OUT, "squared_error")
"""All such keys."""

_BETWEEN_SETTINGS = re.compile(r",(?![^\[]*\])")
"""A comma outside of lists."""


def keys(metrics: Sequence[MetricSpec]) -> dict[str, MetricSpec]:
    """The key of each metric; one that is listed twice with the same settings has one key.

    The first metric of a name has the name as its key. A later one with other settings has the name, a colon, and the
    fields that differ from the first: `beta_vae_score:protocol=dlib`.
    """
    found: dict[str, MetricSpec] = {}
    for spec in metrics:
        first = found.setdefault(spec.component, spec)
        if spec != first:
            usual = first.model_dump(mode="json")
            changed = (f"{k}={value}" for k, value in spec.model_dump(mode="json").items() if value != usual.get(k))
            found[f"{spec.component}:{','.join(changed)}"] = spec
    return found


def settings(key: str) -> tuple[str, list[tuple[str, str]]]:
    """The name of a metric and its settings as text, from a key such as `downstream:labels=[10, 100]`."""
    name, _, text = key.partition(":")
    pairs = [setting.partition("=") for setting in _BETWEEN_SETTINGS.split(text) if setting]
    return name, [(field.strip(), value.strip()) for field, _, value in pairs]


def collapsed(scores: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether no latent of a model responds to the images, from its scores on held-out images."""
    return scores.get(HELD_OUT, {}).get("active_units") == 0
