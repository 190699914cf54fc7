"""The model card: a README for whoever finds the run folder."""

from __future__ import annotations

import json
import re

from bvtk.report.figures import Figures
from bvtk.report.inputs import ReportInputs
from bvtk.report.scores import disentanglement_scores, held_out_scores


def render_card(inputs: ReportInputs, figures: Figures) -> str:
    """The model card as Markdown, every text from outside escaped."""
    parts = [
        f"# {_md(inputs.name)}",
        _md(inputs.summary),
        *(f"> **Read this first:** {_md(warning)}" for warning in inputs.warnings),
        _scores(inputs),
        "## What it learnt",
        f"![{_md(figures.reconstructions.alt)}](figures/{figures.reconstructions.file})",
        *(_traversal(figure.title, figure.note, figure.alt, figure.file) for figure in figures.traversals),
        "## Use",
        _usage(inputs),
        "## What to know before using it",
        _limits(inputs),
        "## Recipe",
        _fenced(inputs.recipe, "yaml"),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _scores(inputs: ReportInputs) -> str:
    rows = ["| score | value | chance | |", "|---|--:|--:|---|"]
    for score in [*disentanglement_scores(inputs.scores), *held_out_scores(inputs.scores)]:
        chance = "" if score.chance is None else f"{score.chance:.3f}"
        rows.append(f"| {_md(score.title)} | {_md(score.value)} | {chance} | {_md(score.meaning)} |")
    return "\n".join(rows)


def _traversal(title: str, note: str, alt: str, file: str) -> str:
    return f"**{_md(title)}** {_md(note)}\n\n![{_md(alt)}](figures/{file})"


def _usage(inputs: ReportInputs) -> str:
    code = f"""import bvtk

run = bvtk.load({json.dumps(inputs.export)})
z = run.encode(images)   # (n, C, H, W) in [0, 1] -> (n, {len(inputs.kl_per_latent)}) posterior means
x = run.decode(z)        # back to images"""
    return _fenced(code, "python")


def _limits(inputs: ReportInputs) -> str:
    known = [
        f"It takes images of {inputs.image_shape} (channels × height × width), like those that it was trained on.",
        "Scores are of one seed. They vary between seeds: compare several before believing a difference.",
        "`report.html` shows traversals, training curves and every part of each score.",
    ]
    if inputs.plugins:
        known.append(f"It needs these plugins: {', '.join(_md(plugin) for plugin in inputs.plugins)}.")
    return "\n".join(f"- {line}" for line in known)


def _fenced(text: str, language: str) -> str:
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"


def _md(text: str) -> str:
    """Text that Markdown and HTML take for nothing but text, on one line."""
    line = " ".join(text.split())
    return re.sub(r"([\\`*_{}\[\]<>#|!&~$])", r"\\\1", line).replace("\\&", "&amp;").replace("\\<", "&lt;")
