"""`bvtk score`: metrics on plain arrays."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bvtk.cli.common import AsJson, NoPlugins, PluginFiles, load_plugins, out_console, print_json
from bvtk.errors import UsageError

if TYPE_CHECKING:
    from bvtk.component import MetricSpec
    from bvtk.recipe.scalars import Scalar


def score(
    codes: Annotated[
        Path,
        typer.Argument(
            metavar="CODES.npz",
            help="A file with the arrays codes (n, d) and factors (n, k); optionally codes_test, factors_test and "
            "factor_names.",
            show_default=False,
        ),
    ],
    metric: Annotated[
        list[str] | None,
        typer.Option(
            "--metric",
            metavar="NAME",
            help="Metric to compute, as NAME or NAME:field=value,…; may be repeated.",
            show_default=False,
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Random seed.")] = 0,
    plugin: PluginFiles = None,
    no_plugins: NoPlugins = False,
    as_json: AsJson = False,
) -> None:
    """Score a representation of any model, given as a .npz file.

    Example: bvtk score codes.npz --metric mig --metric beta_vae_score:protocol=dlib --json
    """
    from bvtk.cli.results import scores_table
    from bvtk.component import metrics

    load_plugins(plugin, no_plugins)
    if not metric:
        raise UsageError("expected at least one metric, found none", f"add --metric: {', '.join(metrics.names())}")
    specs = [metric_named(text) for text in metric]
    from bvtk.metrics.scoring.arrays import read_codes
    from bvtk.metrics.scoring.compute import score as compute

    scores = compute(read_codes(codes), specs, seed)
    if as_json:
        print_json(scores)
    else:
        out_console().print(scores_table(scores))


def metric_named(text: str) -> MetricSpec:
    """The metric for a value of `--metric`, such as `mig` or `beta_vae_score:protocol=dlib`, like keys of scores.json.

    Raises:
        UsageError: if there is no such metric or field.
    """
    from bvtk.component import Slot, metrics
    from bvtk.metrics.scoring.keys import settings
    from bvtk.recipe import parse_component

    name, given = settings(text)
    if text.count("[") != text.count("]"):
        raise UsageError(f"--metric {text}: brackets do not match", "write lists as field=[10, 100]")
    fields = [field for field, _ in given]
    for field, value in given:
        if fields.count(field) > 1:
            raise UsageError(f"--metric {text}: {field!r} is given twice", "give each field once")
        if not value or field == "type":
            raise UsageError(
                f"--metric {text}: expected field=value, found {field!r}", "write NAME:field=value,field=value"
            )
    try:
        values = {field: _value(value) for field, value in given}
    except ValueError as error:
        raise UsageError(f"--metric {text}: {error}", "give integers between -2^63 and 2^63 - 1") from error
    spec: MetricSpec = parse_component(Slot(metrics), {"type": name, **values})
    return spec


def _value(text: str) -> Scalar | list[Scalar]:
    """A value as in a recipe: a scalar, or a list of scalars in brackets."""
    from bvtk.recipe.scalars import resolve

    if text.startswith("[") and text.endswith("]"):
        return [resolve(item.strip()) for item in text[1:-1].split(",") if item.strip()]
    return resolve(text)
