"""`bvtk score`: metrics on plain arrays."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bvtk.cli.common import AsJson, NoPlugins, PluginFiles, load_plugins, out_console, print_json
from bvtk.cli.named import component_named
from bvtk.errors import UsageError

if TYPE_CHECKING:
    from bvtk.component import MetricSpec


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
    from bvtk.component import metrics

    return component_named("--metric", text, metrics)
