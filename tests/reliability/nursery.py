"""Runs of the command line, forked from a process in which everything is imported: 20 ms where a start costs 2 s.

A process of its own with a single thread, as a process with threads can't be forked safely. It reads stories from
its standard input, a story being runs one after the other, and works on as many at a time as there are cores.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.reliability.faults import Faults
from tests.reliability.ground import RECIPES, lay_out
from tests.reliability.mistakes import MISTAKES


@dataclass(frozen=True)
class Order:
    """One run of the command line.

    Args:
        arguments: of `bvtk`.
        folder: the working folder.
        root: the folder whose operations are counted, below the working folder; prepared data go there too.
        at: the operation that goes wrong; None for none.
        fault: how, as `Faults` takes it.
        trace: where the operations are listed.
        delay: seconds until a signal is sent from outside; none where None.
        signum: that signal.
        limit: the most bytes a file may have; no limit where None.
        user: the user to become; nobody where None.
        mistake: one of `MISTAKES`, put in first; none where empty.
        by_cli: whether to go through the command line, which costs a tenth of a second more.
    """

    arguments: tuple[str, ...]
    folder: str
    root: str = "."
    at: int | None = None
    fault: str = "kill"
    trace: str | None = None
    delay: float | None = None
    signum: int = signal.SIGKILL
    limit: int | None = None
    user: int | None = None
    mistake: str = ""
    by_cli: bool = False


@dataclass(frozen=True)
class Ending:
    """How a run ended.

    Args:
        code: its exit code, negative for the signal that ended it.
        said: what it printed, to either stream.
        seconds: how long it took, since the signal where one was sent.
    """

    code: int
    said: str
    seconds: float


class Nursery:
    """The client of a forking process."""

    def __init__(self) -> None:
        single = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.reliability.nursery"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
            env={**os.environ, **single},
        )

    def run(self, orders: Sequence[Order]) -> list[Ending]:
        """Runs orders, several at a time."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps([asdict(order) for order in orders]), file=self._process.stdin, flush=True)
        return [Ending(**ending) for ending in json.loads(self._process.stdout.readline())]

    def close(self) -> None:
        """Ends the process."""
        self._process.communicate()


def _serve() -> None:
    from bvtk.engine.process import prepare_process

    prepare_process()
    _warm()
    gc.freeze()  # what a child's collector does not touch is not copied
    for line in sys.stdin:
        orders = [Order(**order) for order in json.loads(line)]
        print(json.dumps(_work(orders)), flush=True)


def _warm() -> None:
    """Does once what every run does, so that the forked ones find it loaded."""
    import torch

    import bvtk
    from bvtk.data import images

    torch.set_num_threads(1)
    images.IN_MEMORY = 0  # so that small pictures go through the cache too
    with tempfile.TemporaryDirectory() as folder:
        ground = lay_out(Path(folder))
        os.environ["BVTK_CACHE"] = folder
        home = Path.cwd()
        os.chdir(ground)
        for recipe in RECIPES:
            bvtk.run(f"{recipe}.yaml", device="cpu")
        os.chdir(home)


def _work(orders: Sequence[Order]) -> list[Any]:
    endings: list[Any] = [None] * len(orders)
    with tempfile.TemporaryDirectory() as folder:
        running: dict[int, int] = {}
        for number, order in enumerate(orders):
            if len(running) == (os.cpu_count() or 1):
                running.pop(os.wait()[0])
            running[_fork(lambda order=order, path=Path(folder, str(number)): _watch(order, path))] = number
        while running:
            running.pop(os.wait()[0])
        for number in range(len(orders)):
            endings[number] = json.loads(Path(folder, f"{number}.json").read_text())
    return endings


def _watch(order: Order, path: Path) -> int:
    pid = _fork(lambda: _run(order, path))
    begun = time.monotonic()
    if order.delay is not None:
        time.sleep(order.delay)
        begun = time.monotonic()
        os.killpg(pid, order.signum)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    said = path.read_text(errors="replace")[-4000:] if path.exists() else ""
    ending = {"code": code, "said": said, "seconds": time.monotonic() - begun}
    Path(f"{path}.json").write_text(json.dumps(ending))
    return 0


def _fork(child: Any) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 70
    try:
        code = child()
    finally:
        os._exit(code)


def _run(order: Order, path: Path) -> int:
    os.setsid()
    os.chdir(order.folder)
    os.environ["BVTK_CACHE"] = str(Path(order.root, "cache").absolute())
    output = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    faults = Faults(Path(order.root), order.at, order.fault, order.trace and Path(order.trace))
    _restrict(order)
    if order.mistake:
        MISTAKES[order.mistake]()
    faults.install()
    code = _by_cli(order) if order.by_cli else _directly(order)
    sys.stdout.flush()
    sys.stderr.flush()
    faults.write_trace()
    return code


def _by_cli(order: Order) -> int:
    from bvtk.cli.main import main

    sys.argv = ["bvtk", *order.arguments]
    try:
        main()
    except SystemExit as left:
        return left.code if isinstance(left.code, int) else int(left.code is not None)
    return 0


def _directly(order: Order) -> int:
    """What the verbs `train`, `export` and `run` do."""
    from bvtk.api import run_folder
    from bvtk.errors import BvtkError
    from bvtk.pipeline import working
    from bvtk.recipe import load_recipe

    verb, recipe, *_, out = order.arguments
    loaded = load_recipe(Path(recipe))
    try:
        with working(loaded, run_folder(loaded.recipe, Path(out)), "cpu") as pipeline:
            {"train": pipeline.train, "export": pipeline.export, "run": pipeline.report}[verb]()
    except BvtkError as error:
        print(error)
        return error.exit_code
    return 0


def _restrict(order: Order) -> None:
    import resource

    if order.limit is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (order.limit, resource.RLIM_INFINITY))
    if order.user is not None:
        os.setuid(order.user)


if __name__ == "__main__":
    _serve()
