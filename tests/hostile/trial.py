"""Tries hostile files in a process of its own, under a limit of memory: `python -m tests.hostile.trial FOLDER`.

Prints a line of JSON a file: what refused it, in which words, in how many seconds of the processor.
"""

from __future__ import annotations

import gc
import json
import resource
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch

from bvtk.comparison.contents.saved import read_saved
from bvtk.comparison.contents.sources import read_export_facts
from bvtk.data.arrays import open_arrays
from bvtk.data.dsprites import open_dsprites
from bvtk.data.dsprites_official import read_sprites
from bvtk.data.images import open_images
from bvtk.errors import BvtkError
from bvtk.export import read_export
from bvtk.metrics.scoring.arrays import read_codes
from bvtk.plugins import discover
from bvtk.recipe import load_recipe

MOST_MEMORY = 200 << 20
"""What refusing a file may take beyond the libraries, in bytes."""


def read_an_export(path: Path) -> None:
    """Reads a model, and where that is refused, what a comparison reads of it."""
    try:
        read_export(path)
    finally:
        with suppress(BvtkError):
            read_export_facts(path)


READERS: dict[str, Callable[[Path], Any]] = {
    "arrays": lambda path: open_arrays(str(path)),
    "codes": read_codes,
    "exports": read_an_export,
    "pictures": lambda path: open_images(str(path)),
    "official": lambda path: open_dsprites("original", str(path)),
    "hdf5": lambda path: list(read_sprites(path, "hdf5", (4, 8, 8))),
    "saved": read_saved,
    "recipes": load_recipe,
}


def tried(read: Callable[[Path], Any], path: Path) -> dict[str, Any]:
    """How a file was refused; `accepted` if it was not. Times are the fastest of up to three tries."""
    seconds = []
    for _ in range(3):
        gc.collect()
        began = time.process_time()
        try:
            read(path)
            found, said = "accepted", ""
        except BvtkError as error:
            found, said = "refused", error.message
        except BaseException as error:
            found, said = type(error).__name__, str(error)
        seconds.append(time.process_time() - began)
        if seconds[-1] < 0.5:
            break
    return {"found": found, "said": said, "seconds": min(seconds)}


def limit_memory() -> None:
    """Lets the process take `MOST_MEMORY` bytes more than it has."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    taken = pages * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (taken + MOST_MEMORY, taken + MOST_MEMORY))


def trials(folder: Path) -> Iterator[dict[str, Any]]:
    """Every file in the folders of the readers."""
    for kind, read in READERS.items():
        for path in sorted((folder / kind).iterdir()):
            yield {"kind": kind, "name": path.name, **tried(read, path)}


def main(folder: Path) -> None:
    """Tries good files first, which load what loads late, and then all others under the limit."""
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    discover(None, installed=False)
    for kind, read in READERS.items():
        for path in (folder / "good" / kind).glob("*"):
            found = tried(read, path)
            assert found["found"] == "accepted", (kind, path, found)
    gc.freeze()  # else every collection would go through all that torch has loaded
    limit_memory()
    for line in trials(folder):
        print(json.dumps(line))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
