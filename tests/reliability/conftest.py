from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.reliability.ground import contents, lay_out
from tests.reliability.nursery import Ending, Nursery, Order

collect_ignore_glob = [] if sys.platform == "linux" else ["test_*.py"]


@dataclass(frozen=True)
class Straight:
    """What a command leaves behind that nothing disturbs.

    Args:
        trace: its operations on files, in order.
        contents: its files.
    """

    trace: list[list[str]]
    contents: dict[str, bytes]


class Ground:
    """A working folder with recipes, and runs in it, each in a folder of its own.

    Args:
        folder: the working folder.
        nursery: starts the runs.
    """

    def __init__(self, folder: Path, nursery: Nursery) -> None:
        self.folder = folder
        self._nursery = nursery
        self._straight: dict[tuple[str, str], Straight] = {}
        self._count = 0

    def fresh(self) -> str:
        """The name of a folder that no run has used."""
        self._count += 1
        return f"run{self._count}"

    def order(self, verb: str, recipe: str, out: str, **how: object) -> Order:
        """A command on a recipe, `out` being the parent of its run folder and of its cache."""
        arguments = (verb, f"{recipe}.yaml", "--device", "cpu", "--out", f"{out}/runs")
        return Order(arguments, str(self.folder), out, **how)  # type: ignore[arg-type]

    def run(self, *orders: Order) -> list[Ending]:
        """Carries out commands, several at a time."""
        return self._nursery.run(orders)

    def out(self, out: str) -> Path:
        """The parent of a run folder."""
        return self.folder / out / "runs"

    def contents(self, out: str) -> dict[str, bytes]:
        """The files of a run and of its cache."""
        return contents(self.folder / out)

    def straight(self, verb: str, recipe: str) -> Straight:
        """What an undisturbed command does and leaves, worked out once."""
        if (verb, recipe) not in self._straight:
            out, trace = self.fresh(), self.folder / f"{verb}-{recipe}.json"
            (ending,) = self.run(self.order(verb, recipe, out, trace=str(trace)))
            assert ending.code == 0, ending.said
            self._straight[verb, recipe] = Straight(json.loads(trace.read_text()), self.contents(out))
        return self._straight[verb, recipe]

    def must_finish(self, verb: str, recipe: str, outs: list[str]) -> None:
        """The same command again ends well and leaves the very bytes of an undisturbed run, and nothing else."""
        straight = self.straight(verb, recipe).contents
        for out, ending in zip(outs, self.run(*(self.order(verb, recipe, out) for out in outs)), strict=True):
            assert ending.code == 0, (out, ending.said)
            found = self.contents(out)
            assert sorted(found) == sorted(straight), out
            assert [name for name in found if found[name] != straight[name]] == [], out
            shutil.rmtree(self.folder / out)


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    """One forking process for all tests."""
    nursery = Nursery()
    yield nursery
    nursery.close()


@pytest.fixture(scope="session")
def ground(nursery: Nursery) -> Iterator[Ground]:
    """A working folder, in memory where there is such a place: synchronising is free there."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        yield Ground(lay_out(Path(folder)), nursery)
