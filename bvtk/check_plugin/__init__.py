"""Checks of plugins: every component is tried, and the findings tell its author what to change."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import torch

from bvtk.check_plugin.datasets import check_dataset, check_sampler
from bvtk.check_plugin.examples import check_declaration, imports_at_top
from bvtk.check_plugin.findings import Finding, Report
from bvtk.check_plugin.launchers import check_launcher
from bvtk.check_plugin.metrics import check_metric
from bvtk.check_plugin.models import check_model
from bvtk.check_plugin.networks import check_decoder, check_encoder, check_likelihood
from bvtk.check_plugin.objectives import check_objective, check_optimizer, check_schedule
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
    "launcher": check_launcher,
}
"""The check of each kind of component."""


def check(origin: Origin) -> list[Finding]:
    """Checks every component of a plugin loaded by `bvtk.plugins.discover`; it passes if no finding is a `problem`."""
    components = components_of(origin)
    if not components:
        message = "registers no component: decorate a spec, for example with @bvtk.register_encoder('name')"
        return [Finding("problem", str(origin), message)]
    findings = imports_at_top(origin, [entry for _, entry in components])
    for kind, entry in components:
        findings += check_component(kind, entry)
    return findings


def check_component(kind: str, entry: Entry[Any]) -> list[Finding]:
    """Checks a component of a kind in `bvtk.component.REGISTRIES`. The caller's random state does not change."""
    report = Report(f"{kind} {entry.name!r}", entry.item)
    with torch.random.fork_rng(devices=[]), TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        spec = check_declaration(report, entry.item, Path(folder))
        if spec is not None:
            # What is made from example files stays out of the user's cache.
            cache = {"BVTK_CACHE": str(Path(folder) / "cache")} if any(Path(folder).iterdir()) else {}
            with patch.dict(os.environ, cache):
                CHECKS[kind](report, spec)
    return report.findings
