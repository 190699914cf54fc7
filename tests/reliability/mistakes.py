"""Mistakes that programs make which save their work: put in on purpose, for the tests to find each."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np


def _files_are_not_synchronised() -> None:
    import bvtk.engine.loop
    import bvtk.files

    bvtk.files.fsync_file = bvtk.engine.loop.fsync_file = lambda path: None


def _names_are_not_synchronised() -> None:
    import bvtk.engine.loop
    import bvtk.files

    bvtk.files.fsync_folder = bvtk.engine.loop.fsync_folder = lambda path: None


def _written_under_the_final_name() -> None:
    from bvtk.engine import checkpoint

    @contextmanager
    def plain_folder(path: Path) -> Iterator[Path]:
        path.mkdir(exist_ok=True)
        yield path

    checkpoint.atomic_folder = plain_folder  # type: ignore[assignment]


def _the_old_is_removed_first() -> None:
    from bvtk.engine import checkpoint, loop

    def save(state: Any, folder: Path, keep: int) -> None:
        for _, old in checkpoint.checkpoints(folder):
            shutil.rmtree(old)
        checkpoint.save_checkpoint(state, folder, keep)

    loop.save_checkpoint = save


def _the_log_is_not_rewound() -> None:
    from bvtk.runs import RunFolder

    RunFolder.rewind = lambda self, step: None  # type: ignore[method-assign]


def _the_shuffle_is_not_restored() -> None:
    from bvtk.engine.samplers.draws import ShuffledSampler
    from bvtk.protocols import Batch

    generator = np.random.default_rng(0)
    ShuffledSampler.__call__ = lambda self, step: Batch({"x": generator.integers(0, 75, 16)})  # type: ignore[method-assign]


def _the_optimiser_is_not_restored() -> None:
    from bvtk.engine.state import TrainingState

    TrainingState._restore_optimizers = lambda self, tensors: None  # type: ignore[method-assign]


MISTAKES: dict[str, Callable[[], None]] = {
    "files are not synchronised": _files_are_not_synchronised,
    "names are not synchronised": _names_are_not_synchronised,
    "written under the final name": _written_under_the_final_name,
    "the old is removed first": _the_old_is_removed_first,
    "the log is not rewound": _the_log_is_not_rewound,
    "the shuffle is not restored": _the_shuffle_is_not_restored,
    "the optimiser is not restored": _the_optimiser_is_not_restored,
}
"""What puts each in, by what it is."""
