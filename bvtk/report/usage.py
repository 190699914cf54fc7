"""Example code for the page and the card."""

from __future__ import annotations

import json

from bvtk.report.inputs import ReportInputs


def usage(inputs: ReportInputs) -> str:
    """Python code that loads the model, encodes, and decodes if the model can."""
    codes = "codes" if inputs.kl_per_latent is None else "posterior means"
    taken = "(n, k) from 0" if inputs.reads == "factors" else "(n, C, H, W) in [0, 1]"
    lines = [
        "import bvtk",
        "",
        f"run = bvtk.load({json.dumps(inputs.export)})",
        f"z = run.encode({inputs.reads})".ljust(24) + f" # {taken} → (n, {inputs.code_size}) {codes}",
    ]
    if inputs.traversals is not None:
        lines.append("x = run.decode(z)".ljust(24) + " # images of codes, (n, C, H, W) in [0, 1]")
    return "\n".join(lines)
