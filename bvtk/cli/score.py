"""`bvtk score`: metrics on plain arrays."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bvtk.cli.common import AsJson, print_json, print_table, with_plugins
from bvtk.errors import UsageError


@with_plugins
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
    as_json: AsJson = False,
) -> None:
    """Score a representation of any model, given as a .npz file.

    Example: bvtk score codes.npz --metric mig --metric beta_vae_score:protocol=dlib --json
    """
    from bvtk.cli.named import component_named
    from bvtk.cli.results import scores_table
    from bvtk.component import metrics

    if not metric:
        raise UsageError("expected at least one metric, found none", f"add --metric: {', '.join(metrics.names())}")
    specs = [component_named("--metric", text, metrics) for text in metric]
    from bvtk.metrics.scoring.arrays import read_codes
    from bvtk.metrics.scoring.compute import score as compute

    scores = compute(read_codes(codes), specs, seed)
    if as_json:
        print_json(scores)
    else:
        print_table(scores_table(scores))
