"""What the scores of a metric are filed under, wherever they are written, printed or compared."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from bvtk.component import MetricSpec

HELD_OUT = "held_out"
"""The entry of what is measured on held-out images, which is no metric's."""

_BETWEEN_SETTINGS = re.compile(r",(?![^\[]*\])")
"""A comma that stands in no list."""


def keys(metrics: Sequence[MetricSpec]) -> dict[str, MetricSpec]:
    """What each metric's scores are filed under.

    The first of a name is filed under it; a later one with other settings under the name, a colon and the fields
    in which it differs from the first: `beta_vae_score:protocol=dlib`.
    """
    found: dict[str, MetricSpec] = {}
    for spec in metrics:
        first = found.setdefault(spec.component, spec)
        if spec != first:
            found[f"{spec.component}:{_difference(spec, first)}"] = spec
    return found


def settings(key: str) -> tuple[str, list[tuple[str, str]]]:
    """A metric's name and its settings, in text, of what `keys` files it under: `downstream:labels=[10, 100]`."""
    name, _, text = key.partition(":")
    pairs = [setting.partition("=") for setting in _BETWEEN_SETTINGS.split(text) if setting]
    return name, [(field.strip(), value.strip()) for field, _, value in pairs]


def collapsed(scores: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether no latent of a model with a posterior responds to the images, by its entry of held-out images."""
    return scores.get(HELD_OUT, {}).get("active_units") == 0


def _difference(spec: MetricSpec, first: MetricSpec) -> str:
    fields, usual = spec.model_dump(mode="json"), first.model_dump(mode="json")
    return ",".join(f"{field}={value}" for field, value in fields.items() if value != usual.get(field))
