"""The model card: the README of a run folder."""

from __future__ import annotations

from bvtk.pages.markdown import escaped, fenced
from bvtk.report.figures import Figures
from bvtk.report.inputs import ReportInputs
from bvtk.report.scores import disentanglement_scores, held_out_scores
from bvtk.report.usage import usage


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
    headings = {
        figure.file: f"**{escaped(figure.title)}** {escaped(figure.note)}\n\n" for figure in shown if figure.title
    }
    pictures = [f"{headings.get(figure.file, '')}![{escaped(figure.alt)}](figures/{figure.file})" for figure in shown]
    heading = "## What it learnt" if inputs.learns_from_images else "## What its latents follow"
    return [heading, *pictures] if pictures else []


def _limits(inputs: ReportInputs, figures: Figures) -> str:
    what = {
        "factors": "It takes the factor values of its data set, as integers from 0 or floats, instead of images.",
        "images": f"It takes images of {inputs.image_shape} (channels × height × width), like those of its data set.",
    }
    known = [
        what[inputs.reads],
        "The scores are of one seed. They vary between seeds, so compare several seeds before you trust a difference.",
        f"`report.html` shows {_shown(inputs, figures)}every part of each score.",
    ]
    if inputs.plugins:
        known.append(f"It needs these plugins: {', '.join(escaped(plugin) for plugin in inputs.plugins)}.")
    return "\n".join(f"- {line}" for line in known)


def _shown(inputs: ReportInputs, figures: Figures) -> str:
    found = ["traversals"] if inputs.traversals is not None else []
    found += ["training curves"] if figures.training else []
    return f"{', '.join(found)} and " if found else ""
