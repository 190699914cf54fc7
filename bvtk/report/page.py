"""The report as one HTML page that fetches nothing and runs nothing."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from bvtk.report.figures import Figure, Figures
from bvtk.report.inputs import ReportInputs
from bvtk.report.scores import disentanglement_scores, held_out_scores
from bvtk.report.usage import usage


def render_page(inputs: ReportInputs, figures: Figures) -> str:
    """The page as HTML, every text in it escaped, styles and figures inside.

    Its content security policy allows the one style sheet, by its hash, and pictures that the page itself holds.
    """
    css = _asset("page.css")
    return (
        _environment()
        .get_template("page.html")
        .render(
            inputs=inputs,
            figures=figures,
            metrics=disentanglement_scores(inputs.scores),
            held_out=held_out_scores(inputs.scores),
            usage=usage(inputs),
            environment=list(_flat(inputs.environment)),
            css=Markup(css),  # noqa: S704 - the package's own file
            css_hash=base64.b64encode(hashlib.sha256(css.encode()).digest()).decode(),
        )
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FunctionLoader(_asset), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["data_uri"] = _data_uri
    environment.filters["size"] = _size
    environment.filters["duration"] = _duration
    return environment


@cache
def _asset(name: str) -> str:
    return (files("bvtk.report") / name).read_text(encoding="utf-8")


def _data_uri(figure: Figure) -> str:
    return "data:image/png;base64," + base64.b64encode(figure.png).decode()


def _size(figure: Figure) -> tuple[int, int]:
    """Width and height in pixels, from the PNG's header, so that the page does not jump while it loads."""
    return int.from_bytes(figure.png[16:20], "big"), int.from_bytes(figure.png[20:24], "big")


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{seconds:.1f} s"


def _flat(facts: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    """Nested facts as rows: `libraries.torch`, `2.13.0`."""
    for key, value in facts.items():
        path = f"{above}.{key}" if above else str(key)
        if isinstance(value, Mapping):
            yield from _flat(value, path)
        elif isinstance(value, list | tuple) and value and all(isinstance(item, Mapping) for item in value):
            for number, item in enumerate(value):
                yield from _flat(item, f"{path}.{number}")
        elif value not in (None, [], ()):
            yield path, ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
