"""Results saved as JSON: the output of `bvtk compare --json`, or plain scores."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from bvtk.comparison.contents.keys import FACTS, Curve, Measured, completed
from bvtk.comparison.contents.table import Cell, Summary, Table
from bvtk.component import Spec, parse
from bvtk.documents import read_document
from bvtk.errors import UsageError
from bvtk.recipe.sweep_schema import Published
from bvtk.spec import first_error

FORMAT = 1
"""The version of the JSON document. Documents of other versions are refused."""


class _Saved(BaseModel):
    model_config = Spec.model_config | ConfigDict(extra="ignore")


class _Run(_Saved):
    run: str
    recipe: dict[str, JsonValue]
    scores: Annotated[dict[str, dict[str, JsonValue]], Field(min_length=1)]
    facts: dict[str, float] = {}
    curves: dict[str, Curve] = {}


class _Document(_Saved):
    runs: tuple[_Run, ...]
    left_out: tuple[str, ...] = ()
    published: Published | None = None


def read_saved(path: Path) -> tuple[tuple[Measured, ...], tuple[str, ...], Published | None]:
    """The runs, what was left out, and the published values of a saved comparison.

    A file of plain scores, such as `scores.json` or the output of `bvtk score --json`, is one run without a recipe,
    named after the file.

    Raises:
        UsageError: if the file is damaged or of another kind.
    """
    hint = "give the output of `bvtk compare --json`"
    try:
        data = read_document(path)
        if not isinstance(data, dict) or "runs" not in data:
            scores = data.get("scores", data) if isinstance(data, dict) else data
            data = {"format": FORMAT, "runs": [{"run": path.stem, "recipe": {"name": path.stem}, "scores": scores}]}
        if data.get("format") != FORMAT:
            raise UsageError(f"{path} is not of format {FORMAT}", "use the version of bvtk that wrote it")
        found = parse(_Document, data)
    except ValidationError as error:
        raise UsageError(f"{path} has no results: {first_error(error)}", hint) from error
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} can't be read as JSON: {error}", hint) from error
    return tuple(map(_measured, found.runs)), found.left_out, found.published


def _measured(run: _Run) -> Measured:
    facts = {name: run.facts[name] for name in FACTS if name in run.facts}
    return Measured(run.run, completed(run.recipe), run.scores, facts, run.curves)


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
    return {**vars(found), "values": [*found.values]} if isinstance(found, Summary) else found


def _json_run(run: Measured) -> dict[str, Any]:
    curves = {metric: [list(point) for point in points] for metric, points in run.curves.items()}
    return {"run": run.run, "recipe": run.recipe, "scores": run.scores, "facts": run.facts, "curves": curves}
