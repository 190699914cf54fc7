"""The report: one HTML page that fetches nothing and runs no script, with its figures and a model card beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bvtk.files import write_bytes_atomic, write_text_atomic
from bvtk.pages.html import render
from bvtk.report.card import render_card, usage
from bvtk.report.figures import Figures, draw_figures
from bvtk.report.inputs import ReportInputs
from bvtk.report.scores import disentanglement_scores, held_out_scores


def write_report(folder: Path, inputs: ReportInputs) -> Path:
    """Writes `figures/*.png`, the model card `README.md` and the self-contained `report.html`, and returns the page."""
    figures = draw_figures(inputs)
    (folder / "figures").mkdir(parents=True, exist_ok=True)
    for figure in figures.all():
        write_bytes_atomic(folder / "figures" / figure.file, figure.png)
    write_text_atomic(folder / "README.md", render_card(inputs, figures))
    page = folder / "report.html"
    write_text_atomic(page, render_page(inputs, figures))
    return page


def render_page(inputs: ReportInputs, figures: Figures) -> str:
    """The page as HTML, with escaped text, and with its styles and figures inside."""
    return render(
        "bvtk.report",
        command="bvtk report",
        title=inputs.name,
        summary=inputs.summary,
        inputs=inputs,
        figures=figures,
        metrics=disentanglement_scores(inputs.scores),
        held_out=held_out_scores(inputs.scores),
        usage=usage(inputs),
        environment=list(_flat(inputs.environment)),
    )


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
