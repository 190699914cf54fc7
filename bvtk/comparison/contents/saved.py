"""Results saved as JSON: the output of `bvtk compare --json`, or plain scores."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from bvtk.comparison.contents.aggregate import Summary
from bvtk.comparison.contents.measured import FACTS, Measured, completed
from bvtk.comparison.contents.table import Cell, Table
from bvtk.component import parse
from bvtk.documents import read_document
from bvtk.errors import UsageError
from bvtk.recipe.sweep_schema import Published

FORMAT = 1
"""The version of the JSON document. Documents of other versions are refused."""

T = TypeVar("T")


def read_saved(path: Path) -> tuple[tuple[Measured, ...], tuple[str, ...], Published | None]:
    """The runs, what was left out, and the published values of a saved comparison.

    A file of plain scores, such as `scores.json` or the output of `bvtk score --json`, is one run without a recipe,
    named after the file.

    Raises:
        UsageError: if the file is damaged or of another kind.
    """
    try:
        data = read_document(path)
    except (OSError, ValueError) as error:
        raise UsageError(
            f"{path} can't be read as JSON: {error}", "write it again with `bvtk compare --json`"
        ) from error
    if isinstance(data, dict) and "runs" in data:
        if data.get("format") != FORMAT:
            raise UsageError(f"{path} is not of format {FORMAT}", "use the version of bvtk that wrote it")
        left_out = _shaped(lambda words: tuple(map(str, words)), data.get("left_out") or (), path)
        runs = _shaped(lambda runs: tuple(map(_run, runs)), data["runs"], path)
        return runs, left_out, _shaped(published_of, data.get("published"), path)
    scores = _shaped(lambda scores: _scores(scores.get("scores", scores)), data, path)
    return (Measured(path.stem, {"name": path.stem}, scores),), (), None


def published_of(data: Any) -> Published | None:
    """Published values from JSON values; None if there are none."""
    return None if data is None else parse(Published, data)


def _shaped(read: Callable[[Any], T], data: Any, path: Path) -> T:
    try:
        return read(data)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UsageError(f"{path} has no results: {error!r}", "give the output of `bvtk compare --json`") from error


def _run(data: Mapping[str, Any]) -> Measured:
    curves = {
        str(metric): tuple((int(step), float(score)) for step, score in points)
        for metric, points in data.get("curves", {}).items()
    }
    facts = {name: float(data["facts"][name]) for name in FACTS if name in data["facts"]}
    return Measured(str(data["run"]), completed(data["recipe"]), _scores(data["scores"]), facts, curves)


def _scores(data: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    scores = {str(metric): dict(parts) for metric, parts in data.items()}
    if not scores:
        raise ValueError("it is empty")
    return scores


def document(table: Table) -> dict[str, Any]:
    """The table as JSON values, with everything that it was computed from."""
    return {
        "format": FORMAT,
        "aggregate": table.how,
        "columns": [column.text for column in table.columns],
        "rows": [
            {
                "label": row.label,
                "settings": dict(row.settings),
                "runs": [run.run for run in row.runs],
                "values": {c.text: _json_cell(found) for c, found in zip(table.columns, line, strict=True)},
            }
            for row, line in zip(table.rows, table.values, strict=True)
        ],
        "published": table.published.model_dump(mode="json") if table.published else None,
        "left_out": list(table.left_out),
        "runs": [_json_run(run) for run in table.runs],
    }


def _json_cell(found: Cell) -> Any:
    if not isinstance(found, Summary):
        return found
    return {"value": found.value, "spread": found.spread, "values": list(found.values)}


def _json_run(run: Measured) -> dict[str, Any]:
    return {
        "run": run.run,
        "recipe": dict(run.recipe),
        "scores": {metric: dict(parts) for metric, parts in run.scores.items()},
        "facts": dict(run.facts),
        "curves": {metric: [list(point) for point in points] for metric, points in run.curves.items()},
    }
