from __future__ import annotations

import json
import warnings
from pathlib import Path

import pytest

import bvtk
from bvtk.events import (
    Announcer,
    Evaluated,
    Event,
    Finished,
    Logged,
    Progressed,
    RunStarted,
    Scored,
    StageStarted,
    TrainingStarted,
    Warned,
    warn,
)


class Broken:
    """A listener that fails at a kind of event."""

    def __init__(self, at: type[Event], error: BaseException) -> None:
        self.heard: list[Event] = []
        self._at, self._error = at, error

    def __call__(self, event: Event) -> None:
        self.heard.append(event)
        if isinstance(event, self._at):
            raise self._error


def test_every_listener_receives_every_event_in_order() -> None:
    heard: list[tuple[str, Event]] = []
    announce = Announcer(lambda event: heard.append(("a", event)), lambda event: heard.append(("b", event)))
    events = [TrainingStarted(0, 1), Logged({"step": 1})]
    for event in events:
        announce(event)
    assert heard == [(name, event) for event in events for name in "ab"]


def test_a_listener_that_raises_is_removed_with_a_warning_and_the_others_go_on() -> None:
    heard: list[Event] = []
    one, two = Broken(Logged, ValueError("no space")), Broken(Warned, KeyError("x"))
    announce = Announcer(one, heard.append, two)
    events = [TrainingStarted(0, 2), Logged({"step": 1}), Logged({"step": 2})]
    for event in events:
        announce(event)
    first = Warned("listener Broken was removed: it raised ValueError: no space")
    second = Warned("listener Broken was removed: it raised KeyError: 'x'")
    assert heard == [events[0], events[1], first, second, events[2]]
    assert one.heard == events[:2]
    assert two.heard == [*events[:2], first]


def test_what_is_no_error_of_a_listener_reaches_the_run() -> None:
    with pytest.raises(KeyboardInterrupt):
        Announcer(Broken(Logged, KeyboardInterrupt()))(Logged({}))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(UserWarning, match="collapse"):
            Announcer(warn)(Warned("collapse"))


def test_without_listeners_warnings_are_pythons() -> None:
    announce = Announcer()
    announce(StageStarted("train", "1 step"))
    with pytest.warns(UserWarning, match="posterior collapse"):
        announce(Warned("posterior collapse"))
    last = Announcer(Broken(Logged, ValueError("x")))
    with pytest.warns(UserWarning, match="listener Broken was removed"):
        last(Logged({}))


def test_a_run_from_python_sends_its_events(workplace: Path) -> None:
    heard: list[bvtk.Event] = []
    overrides = ("training.evaluate_every=20", "training.steps=40")
    run = bvtk.run("tiny.yaml", *overrides, device="cpu", listeners=[heard.append])
    folder = run.path.parent
    assert heard[0] == RunStarted(folder.name, "tiny", folder)
    assert heard[-1] == Finished(folder)
    stages = [event.stage for event in heard if isinstance(event, StageStarted)]
    assert stages == ["data", "train", "evaluate", "export", "report"]
    assert [event for event in heard if isinstance(event, TrainingStarted)] == [TrainingStarted(0, 40)]
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    assert [event.line for event in heard if isinstance(event, Logged)] == lines
    measured = [json.loads(line) for line in (folder / "evaluations.jsonl").read_text().splitlines()]
    found = [{"step": event.step, "scores": event.scores} for event in heard if isinstance(event, Evaluated)]
    assert found == [{"step": line["step"], "scores": line["scores"]} for line in measured]
    assert [event.scores for event in heard if isinstance(event, Scored)] == [run.scores]
    assert [event for event in heard if isinstance(event, Progressed)][-1] == Progressed(75, 75)
    heard.clear()
    bvtk.run("tiny.yaml", *overrides, device="cpu", listeners=[heard.append])
    assert heard == []  # the run was complete


def test_a_failing_listener_leaves_the_run_whole(workplace: Path) -> None:
    with pytest.warns(UserWarning, match="listener Broken was removed: it raised RuntimeError: tracker is down"):
        run = bvtk.run("tiny.yaml", device="cpu", listeners=[Broken(Logged, RuntimeError("tracker is down"))])
    assert run.scores
    assert len((run.path.parent / "metrics.jsonl").read_text().splitlines()) == 4
