from __future__ import annotations

import json
import random
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.reliability.ground import (
    EVERY,
    KINDS,
    RECIPES,
    contents,
    lay_out,
    logged_steps,
    newest_whole,
    saved_by,
)
from tests.reliability.nursery import Ending, Nursery, Order

collect_ignore_glob = [] if sys.platform == "linux" else ["test_*.py"]


SURVIVED = {
    "kill": "kills at an operation survived",
    "cut": "power cuts survived",
    "cut_names": "power cuts survived",
    "full": "full disks survived",
    "refuse": "refused operations survived",
    "term": "signals at an operation survived",
    "int": "signals at an operation survived",
}
TALLY: Counter[str] = Counter()
"""What was tried and came out as it must: the figures of `docs/reliability.md`."""


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Prints the figures."""
    for what, count in sorted(TALLY.items()):
        terminalreporter.write_line(f"reliability: {count} {what}")


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
        mistake: what is wrong with the program; nothing where empty.
    """

    verb: str
    recipe: str
    at: int
    fault: str
    out: str
    operation: tuple[str, ...]
    saved: int
    mistake: str = ""


class Ground:
    """A working folder with recipes, and runs in it, each in a folder of its own.

    Args:
        folder: the working folder.
        nursery: starts the runs.
    """

    def __init__(self, folder: Path, nursery: Nursery) -> None:
        self.folder = folder
        self._nursery = nursery
        self._straight: dict[tuple[str, str, str], Straight] = {}
        self._count = 0

    def fresh(self) -> str:
        """The name of a folder that no run has used."""
        self._count += 1
        return f"run{self._count}"

    def order(self, verb: str, recipe: str, out: str, **how: Any) -> Order:
        """A command on a recipe, `out` being the parent of its run folder and of its cache."""
        arguments = (verb, f"{recipe}.yaml", "--device", "cpu", "--out", f"{out}/runs")
        return Order(arguments, str(self.folder), out, **how)

    def order_of(self, case: Case) -> Order:
        """The command of a case, going wrong."""
        return self.order(case.verb, case.recipe, case.out, at=case.at, fault=case.fault, mistake=case.mistake)

    def run(self, *orders: Order) -> list[Ending]:
        """Carries out commands, several at a time."""
        return self._nursery.run(orders)

    def out(self, out: str) -> Path:
        """The parent of a run folder."""
        return self.folder / out / "runs"

    def straight(self, verb: str, recipe: str, mistake: str = "") -> Straight:
        """What an undisturbed command does and leaves, worked out once."""
        key = verb, recipe, mistake
        if key not in self._straight:
            out, trace = self.fresh(), self.folder / "trace.json"
            (ending,) = self.run(self.order(verb, recipe, out, trace=str(trace), mistake=mistake))
            assert ending.code == 0, ending.said
            self._straight[key] = Straight(json.loads(trace.read_text()), contents(self.folder / out))
        return self._straight[key]

    def case(self, verb: str, recipe: str, at: int, fault: str, mistake: str = "") -> Case:
        """A command at whose operation `at` something happens."""
        trace = self.straight(verb, recipe, mistake).trace
        return Case(verb, recipe, at, fault, self.fresh(), tuple(trace[at]), saved_by(trace, at), mistake)

    def cases(self, draw: random.Random, faults: Sequence[str], each: int, kinds: Sequence[str] = KINDS) -> list[Case]:
        """Cases over all stages: so many of training to export for each recipe, and half as many of reports.

        Args:
            draw: chooses the operations, and a fault for each.
            faults: to choose from.
            each: how many.
            kinds: of operations to choose from.
        """
        exporting = {recipe: self.straight("export", recipe).trace[:-2] for recipe in RECIPES}
        places = [("export", recipe, at) for recipe in RECIPES for at in _some(draw, exporting[recipe], kinds, each)]
        report = len(exporting["squares"])
        after = self.straight("run", "squares").trace[report:-2]
        places += [("run", "squares", report + at) for at in _some(draw, after, kinds, each // 2)]
        return [self.case(verb, recipe, at, draw.choice(faults)) for verb, recipe, at in places]

    def suffer(self, cases: Sequence[Case]) -> list[Ending]:
        """Carries out cases, and holds that no more than an interval is lost by any."""
        endings = self.run(*map(self.order_of, cases))
        for case in cases:
            assert not self.what_is_lost(case), case
        return endings

    def what_is_lost(self, case: Case) -> str:
        """What is missing after a case: a checkpoint that was saved, or more than an interval; empty where nothing."""
        newest, logged = newest_whole(self.out(case.out)), logged_steps(self.out(case.out))
        if newest < case.saved:
            return f"the checkpoint of step {case.saved} was saved, that of step {newest} is there"
        if newest < (logged - 1) // EVERY * EVERY:
            return f"step {logged} was reached, the checkpoint of step {newest} is there"
        return ""

    def what_differs(self, cases: Sequence[Case]) -> list[str]:
        """How each case ends by the same command other than an undisturbed run; an empty text where not at all."""
        orders = [self.order(case.verb, case.recipe, case.out, mistake=case.mistake) for case in cases]
        return [self._difference(case, ending) for case, ending in zip(cases, self.run(*orders), strict=True)]

    def _difference(self, case: Case, ending: Ending) -> str:
        if ending.code:
            return f"exit {ending.code}: {ending.said}"
        straight = self.straight(case.verb, case.recipe, case.mistake).contents
        found = contents(self.folder / case.out)
        shutil.rmtree(self.folder / case.out)
        names = sorted(name for name in straight.keys() | found.keys() if straight.get(name) != found.get(name))
        return ", ".join(names)

    def must_finish(self, cases: Sequence[Case], counted: str = "") -> None:
        """The same command again ends well and leaves the very bytes of an undisturbed run, and nothing else.

        Args:
            cases: that are over.
            counted: as what they count in the summary; by default each as its fault.
        """
        for case, difference in zip(cases, self.what_differs(cases), strict=True):
            assert not difference, (case, difference)
            TALLY[counted or SURVIVED[case.fault]] += 1


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
