"""The result of a run as it is printed: its scores, its files, and what to try next."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.table import Table

from bvtk.cli.common import out_console, print_json
from bvtk.metrics.scoring.keys import HELD_OUT
from bvtk.recipe import Recipe
from bvtk.runs import RunFolder


def show_run(folder: RunFolder, recipe: Recipe, given: Path, done_before: bool, as_json: bool) -> None:
    """Prints the result of a finished run.

    Args:
        folder: the run.
        recipe: its recipe.
        given: the path of the recipe or the run as given, for the commands to try next.
        done_before: whether there was nothing left to do.
        as_json: whether to print one JSON object instead.
    """
    scores = folder.read_scores()
    if as_json:
        paths = {"run": folder.path, "export": folder.export, "report": folder.report}
        facts = {name: str(path) if path.exists() else None for name, path in paths.items()}
        print_json({**facts, "already_complete": done_before, "scores": scores})
        return
    console = out_console()
    if done_before:
        console.print(f"[bold]already complete[/bold]: {folder.path}")
    if scores:
        console.print(scores_table(scores))
    for name, path in (("run", folder.path), ("report", folder.report), ("model", folder.export)):
        if path.exists():
            console.print(f"[bold]{name:<6}[/bold]  {path}")
    console.print("\nTry next:")
    for command in _next_commands(recipe, folder.recipe if given.is_dir() else given):
        console.print(f"  {command}", markup=False)


def scores_table(scores: dict[str, Any]) -> Table:
    """The headline score of every metric, with its other plain numbers."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("metric", style="bold")
    table.add_column("score", justify="right")
    table.add_column("", style="dim")
    for name, parts in scores.items():
        table.add_row(_title(name, parts), f"{parts['score']:.3f}", _details(parts))
    return table


def _title(name: str, parts: dict[str, Any]) -> str:
    if name == HELD_OUT:
        return "ELBO" if "elbo" in parts else "−reconstruction"
    return name.replace("_", " ")


def _next_commands(recipe: Recipe, path: Path) -> list[str]:
    has_beta = recipe.objective is not None and "beta" in type(recipe.objective).model_fields
    weaker = [f"bvtk run {path} objective.beta=1"] if has_beta else []
    return [*weaker, f"bvtk run {path} seed={recipe.seed + 1}", f"bvtk show {path}"]


def _details(parts: dict[str, Any]) -> str:
    shown = []
    for name, value in parts.items():
        if name == "score" or value == parts["score"] or isinstance(value, bool | list | dict):
            continue
        text = f"{value:.3f}" if isinstance(value, float) else str(value)
        shown.append(f"{name.replace('_', ' ')} {text}")
    return ", ".join(shown)
