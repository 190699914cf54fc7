"""Reads what strangers made while an audit hook watches: `python -m tests.hostile.watched FOLDER`.

Prints as JSON how many files were read and everything that is not mere reading: a process, a socket, an import,
code that is run, a pickle, a library that is loaded, a file that is written. `betrayed` shows that each is seen.
"""

from __future__ import annotations

import gc
import json
import os
import pickle  # noqa: TID251 — to show that it would be seen
import socket
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from bvtk.comparison.comparison import assemble
from bvtk.engine.checkpoint import read_checkpoint
from bvtk.errors import BvtkError
from bvtk.plugins import discover
from bvtk.recipe import load_recipe
from bvtk.recipe.variants import load_sweep
from tests.hostile.trial import READERS, tried

WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
FORBIDDEN = ("subprocess.", "os.system", "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "os.startfile", "pty.")
FORBIDDEN += ("socket.", "urllib.", "http.", "ftplib.", "webbrowser.", "ctypes.dlopen", "import", "exec", "code.")
FORBIDDEN += ("pickle.", "marshal.", "cpython.run", "os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.link")
FORBIDDEN += ("os.symlink", "os.chmod", "os.truncate", "os.putenv", "shutil.rmtree", "shutil.move", "shutil.copy")

seen: list[str] = []
"""What the hook saw while it watched."""
_watching = False


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if not _watching:
        return
    writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & WRITES
    if writes or event.startswith(FORBIDDEN):
        seen.append(f"{event} {arguments!r}"[:200])


def watched(act: Callable[[], Any]) -> list[str]:
    """What is seen while something is done, whatever it raises."""
    global _watching
    before, _watching = len(seen), True
    try:
        act()
    except BaseException:
        pass
    finally:
        _watching = False
    return seen[before:]


class Payload:
    """Runs a command where it is unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, ("true",)


def betrayed(folder: Path) -> dict[str, bool]:
    """Whether each way to run something or to write is seen: the test of the test."""
    tag = "!!python/object/apply:os.system ['true']"
    (folder / "payload.pkl").write_bytes(pickle.dumps(Payload()))
    (folder / "evil_module.py").write_text("x = 1\n")
    sys.path.insert(0, str(folder))
    acts: dict[str, Callable[[], Any]] = {
        "pickle": lambda: pickle.loads((folder / "payload.pkl").read_bytes()),
        "yaml": lambda: yaml.unsafe_load(tag),  # noqa: TID251
        "system": lambda: os.system("true"),
        "process": lambda: subprocess.run(["true"], check=False),
        "socket": lambda: socket.create_connection(("127.0.0.1", 9), timeout=0.1),
        "import": lambda: __import__("evil_module"),
        "exec": lambda: exec("1"),
        "eval": lambda: eval("1"),
        "write": lambda: (folder / "x").write_text("x"),
        "remove": lambda: (folder / "payload.pkl").unlink(),
    }
    return {name: bool(watched(act)) for name, act in acts.items()}


def read_a_run(path: Path) -> None:
    """Everything that bvtk reads of a run folder: its recipe, scores, logs, pictures, model and checkpoints."""
    for act in (
        lambda: load_recipe(path / "recipe.yaml"),
        lambda: assemble([path], out=path).to_html(pictures=True),
        *(lambda step=step: read_checkpoint(step) for step in sorted((path / "checkpoints").iterdir())),
    ):
        try:
            act()
        except BvtkError:
            continue


def main(folder: Path) -> None:
    """Reads good files first, which imports what is imported late, and then watches."""
    warnings.simplefilter("ignore")
    discover(None, installed=False)
    READERS["sweeps"], READERS["runs"] = load_sweep, read_a_run
    paths = {kind: sorted((folder / kind).iterdir()) for kind in READERS}
    gc.freeze()
    for kind, read in READERS.items():
        for path in [*sorted((folder / "good" / kind).glob("*")), *paths[kind]]:
            tried(read, path)
    sys.addaudithook(_hook)
    for kind, read in READERS.items():
        for path in paths[kind]:
            watched(lambda read=read, path=path: read(path))
    found = list(seen)
    print(json.dumps({"read": sum(map(len, paths.values())), "seen": found, "betrayed": betrayed(folder)}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
