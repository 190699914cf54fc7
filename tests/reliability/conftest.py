from __future__ import annotations

import json
import random
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.reliability.ground import KINDS, RECIPES, contents, lay_out, newest_whole, saved_by
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


@dataclass(frozen=True)
class Case:
    """A command, and what happens to it.

    Args:
        verb: `train`, `export` or `run`.
        recipe: by its name.
        at: the number of the operation that goes wrong.
        fault: how.
        out: the folder that the command has to itself.
        operation: what the operation would have done, and to which file.
        saved: the step of the last checkpoint whose save was through before.
    """

    verb: str
    recipe: str
    at: int
    fault: str
    out: str
    operation: tuple[str, ...]
    saved: int


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

    def case(self, verb: str, recipe: str, at: int, fault: str) -> Case:
        """A command at whose operation `at` something happens."""
        trace = self.straight(verb, recipe).trace
        return Case(verb, recipe, at, fault, self.fresh(), tuple(trace[at]), saved_by(trace, at))

    def cases(self, draw: random.Random, faults: Sequence[str], each: int, kinds: Sequence[str] = KINDS) -> list[Case]:
        """Cases over all stages: so many of training to export for each recipe, and half as many of reports.

        Args:
            draw: chooses the operations, and a fault for each.
            faults: to choose from.
            each: how many.
            kinds: of operations to choose from.
        """
        exporting = {recipe: self.straight("export", recipe).trace for recipe in RECIPES}
        places = [
            ("export", recipe, at) for recipe in RECIPES for at in _some(draw, exporting[recipe][:-2], kinds, each)
        ]
        report = len(exporting["squares"]) - 2
        after = self.straight("run", "squares").trace[report:-2]
        places += [("run", "squares", report + at) for at in _some(draw, after, kinds, each // 2)]
        return [self.case(verb, recipe, at, draw.choice(faults)) for verb, recipe, at in places]

    def suffer(self, cases: Sequence[Case]) -> list[Ending]:
        """Carries out cases; the last checkpoint that was saved is there after each, whole."""
        orders = [self.order(case.verb, case.recipe, case.out, at=case.at, fault=case.fault) for case in cases]
        endings = self.run(*orders)
        for case in cases:
            assert newest_whole(self.out(case.out)) >= case.saved, case
        return endings

    def must_finish(self, cases: Sequence[Case]) -> None:
        """The same command again ends well and leaves the very bytes of an undisturbed run, and nothing else."""
        orders = [self.order(case.verb, case.recipe, case.out) for case in cases]
        for case, ending in zip(cases, self.run(*orders), strict=True):
            assert ending.code == 0, (case, ending.said)
            straight, found = self.straight(case.verb, case.recipe).contents, self.contents(case.out)
            assert sorted(found) == sorted(straight), case
            assert [name for name in found if found[name] != straight[name]] == [], case
            shutil.rmtree(self.folder / case.out)


def _some(draw: random.Random, trace: Sequence[Sequence[str]], kinds: Sequence[str], count: int) -> list[int]:
    found = [at for at, (what, _) in enumerate(trace) if what in kinds]
    return [draw.choice(found) for _ in range(count)]


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
