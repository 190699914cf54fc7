"""Checks of plugins: every component is tried, and the findings tell its author what to change.

`check` takes an origin from `bvtk.plugins.discover`. Nothing is printed; findings are data.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from bvtk.check_plugin.datasets import check_dataset
from bvtk.check_plugin.declaration import check_declaration, imports_at_top
from bvtk.check_plugin.findings import Finding, Report
from bvtk.check_plugin.likelihoods import check_likelihood
from bvtk.check_plugin.metrics import check_metric
from bvtk.check_plugin.models import check_model
from bvtk.check_plugin.networks import check_decoder, check_encoder
from bvtk.check_plugin.objectives import check_objective
from bvtk.check_plugin.optimizers import check_optimizer
from bvtk.check_plugin.samplers import check_sampler
from bvtk.check_plugin.schedules import check_schedule
from bvtk.plugins import components_of
from bvtk.registry import Entry, Origin

__all__ = ["Finding", "check", "check_component"]

CHECKS: dict[str, Callable[[Report, Any], None]] = {
    "dataset": check_dataset,
    "sampler": check_sampler,
    "encoder": check_encoder,
    "decoder": check_decoder,
    "likelihood": check_likelihood,
    "model": check_model,
    "objective": check_objective,
    "schedule": check_schedule,
    "optimizer": check_optimizer,
    "metric": check_metric,
}
"""The check of each kind of component."""


def check(origin: Origin) -> list[Finding]:
    """Checks every component that a plugin registered.

    Args:
        origin: the plugin, as loaded by `bvtk.plugins.discover`.

    Returns:
        Findings, component by component; the plugin passes if none is a `problem`.
    """
    components = components_of(origin)
    if not components:
        message = "registers no component: decorate a spec, for example with @bvtk.register_encoder('name')"
        return [Finding("problem", str(origin), message)]
    findings = imports_at_top(origin, [entry for _, entry in components])
    for kind, entry in components:
        findings += check_component(kind, entry)
    return findings


def check_component(kind: str, entry: Entry[Any]) -> list[Finding]:
    """Checks one component. The caller's random state does not change.

    Args:
        kind: one of `bvtk.component.REGISTRIES`.
        entry: the registered class.
    """
    report = Report(f"{kind} {entry.name!r}", entry.item)
    with torch.random.fork_rng(devices=[]):
        spec = check_declaration(report, entry.item)
        if spec is not None:
            CHECKS[kind](report, spec)
    return report.findings
