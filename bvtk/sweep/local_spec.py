"""The launcher `local`."""

from __future__ import annotations

from bvtk.component import LauncherSpec, register_launcher
from bvtk.jobs import Launcher


@register_launcher("local")
class Local(LauncherSpec):
    """Runs cells as processes on this machine, by default one per GPU, or one per core without GPUs."""

    def build(self, jobs: int, device: str, workers: int | None) -> Launcher:
        """The launcher."""
        from bvtk.sweep.local import LocalLauncher

        return LocalLauncher(jobs, device, workers)
