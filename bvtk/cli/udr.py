"""`bvtk udr`: how much the models of one setting agree with each other."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bvtk.cli.common import AsJson, Device, Out, Targets, add_row, new_table, print_json, print_table, say, with_plugins
from bvtk.metrics.udr_spec import How, Measure

if TYPE_CHECKING:
    from rich.table import Table


@with_plugins
def udr(
    targets: Targets,
    measure: Annotated[
        Measure, typer.Option("--measure", metavar="lasso|spearman", help="How to compare the codes of two models.")
    ] = "lasso",
    images: Annotated[int, typer.Option("--images", min=2, help="Number of images to encode.")] = How.images,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed that draws these images.")] = How.seed,
    out: Out = Path("runs"),
    device: Device = How.device,
    as_json: AsJson = False,
) -> None:
    """Rank models that differ only in their seed by their agreement with each other, without labels.

    This is UDR, unsupervised disentanglement ranking (Duan et al. 2020). A model's score is its median agreement with
    the others of its setting, from 0 to 1. Nothing is written to disk.

    Example: bvtk udr runs

    Example: bvtk udr recipes/paper/table.yaml --measure spearman --json
    """
    from bvtk.cli.progress import watching
    from bvtk.engine.process import prepare_process

    prepare_process()
    from bvtk.comparison.udr import ranked

    how = How(measure, images, seed, device)
    with watching() as listener:
        found = ranked(targets, how, out, listener)
    for reason in found["left_out"]:
        say((f"left out: {reason}", "yellow"))
    if as_json:
        print_json(found)
    else:
        print_table(_table(found))


def _table(found: dict[str, Any]) -> Table:
    numbers = ("seed", "UDR", "active codes")
    table = new_table("setting", "run", *numbers, numbers=numbers)
    for setting in found["settings"]:
        best = max(run["score"] for run in setting["runs"])
        for number, run in enumerate(sorted(setting["runs"], key=lambda run: -run["score"])):
            score = (f"{run['score']:.3f}", "bold green" if run["score"] == best else "")
            label = "" if number else setting["label"]
            add_row(table, label, run["run"], str(run["seed"]), score, str(run["active_codes"]))
    return table
