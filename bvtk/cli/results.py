"""Scores as they are printed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bvtk.cli.common import add_row, new_table
from bvtk.metrics.scoring.keys import HELD_OUT

if TYPE_CHECKING:
    from rich.table import Table


def scores_table(scores: dict[str, Any]) -> Table:
    """The headline score of every metric, with its other plain numbers."""
    table = new_table("metric", "score", numbers=["score"])
    table.add_column("", style="dim")
    for name, parts in scores.items():
        add_row(table, _title(name, parts), f"{parts['score']:.3f}", _details(parts))
    return table


def _title(name: str, parts: dict[str, Any]) -> str:
    if name == HELD_OUT:
        return "ELBO" if "elbo" in parts else "−reconstruction"
    return name.replace("_", " ")


def _details(parts: dict[str, Any]) -> str:
    shown = []
    for name, value in parts.items():
        if value != parts["score"] and not isinstance(value, bool | list | dict):
            text = f"{value:.3f}" if isinstance(value, float) else str(value)
            shown.append(f"{name.replace('_', ' ')} {text}")
    return ", ".join(shown)
