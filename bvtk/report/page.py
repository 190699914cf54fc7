"""The report: one HTML page that fetches nothing and runs no script, with its figures, and the model card as README."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bvtk.files import write_bytes_atomic, write_text_atomic
from bvtk.pages.html import render
from bvtk.pages.markdown import escaped, fenced
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


def render_card(inputs: ReportInputs, figures: Figures) -> str:
    """The model card as Markdown, with escaped text."""
    parts = [
        f"# {escaped(inputs.name)}",
        escaped(inputs.summary),
        *(f"> **Read this first:** {escaped(warning)}" for warning in inputs.warnings),
        _scores(inputs),
        *_pictures(inputs, figures),
        "## Use",
        fenced(usage(inputs), "python"),
        "## What to know before using it",
        _limits(inputs, figures),
        "## Recipe",
        fenced(inputs.recipe, "yaml"),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def usage(inputs: ReportInputs) -> str:
    """Python code that loads the model, encodes, and decodes if the model can."""
    codes = "codes" if inputs.kl_per_latent is None else "posterior means"
    taken = "(n, k) from 0" if inputs.reads == "factors" else "(n, C, H, W) in [0, 1]"
    lines = [
        "import bvtk",
        "",
        f"run = bvtk.load({json.dumps(inputs.export)})",
        f"z = run.encode({inputs.reads})".ljust(24) + f" # {taken} → (n, {inputs.code_size}) {codes}",
    ]
    if inputs.traversals is not None:
        lines.append("x = run.decode(z)".ljust(24) + " # images of codes, (n, C, H, W) in [0, 1]")
    return "\n".join(lines)


def _scores(inputs: ReportInputs) -> str:
    rows = ["| score | value | chance | |", "|---|--:|--:|---|"]
    for score in [*disentanglement_scores(inputs.scores), *held_out_scores(inputs.scores)]:
        chance = "" if score.chance is None else f"{score.chance:.3f}"
        rows.append(f"| {escaped(score.title)} | {escaped(score.value)} | {chance} | {escaped(score.meaning)} |")
    return "\n".join(rows)


def _pictures(inputs: ReportInputs, figures: Figures) -> list[str]:
    """Images that the model makes; for a model that makes none, what its latents follow."""
    shown = [figure for figure in (figures.reconstructions, *figures.traversals) if figure]
    shown = shown or [figure for figure in (figures.dependence, figures.activation) if figure]
    pictures = []
    for figure in shown:
        head = f"**{escaped(figure.title)}** {escaped(figure.note)}\n\n" if figure.title else ""
        pictures.append(f"{head}![{escaped(figure.alt)}](figures/{figure.file})")
    heading = "## What it learnt" if inputs.learns and inputs.reads == "images" else "## What its latents follow"
    return [heading, *pictures] if pictures else []


def _limits(inputs: ReportInputs, figures: Figures) -> str:
    takes = f"images of {inputs.image_shape} (channels × height × width), like those of its data set"
    if inputs.reads == "factors":
        takes = "the factor values of its data set, as integers from 0 or floats, instead of images"
    shown = ["traversals"] if inputs.traversals is not None else []
    shown += ["training curves"] if figures.training else []
    known = [
        f"It takes {takes}.",
        "The scores are of one seed. They vary between seeds, so compare several seeds before you trust a difference.",
        f"`report.html` shows {', '.join(shown) + ' and ' if shown else ''}every part of each score.",
    ]
    if inputs.plugins:
        known.append(f"It needs these plugins: {', '.join(escaped(plugin) for plugin in inputs.plugins)}.")
    return "\n".join(f"- {line}" for line in known)
