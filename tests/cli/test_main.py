from __future__ import annotations

from pathlib import Path

import pytest

import bvtk
from bvtk.cli import common
from tests.cli.terminal import Terminal, terminal

__all__ = ["terminal"]


def test_the_version_is_shown(terminal: Terminal) -> None:
    assert terminal("--version").out == f"bvtk {bvtk.__version__}\n"


def test_every_verb_is_in_the_help(terminal: Terminal) -> None:
    found = terminal("--help").out
    verbs = ("run", "train", "evaluate", "export", "report", "sweep", "validate", "show", "ls", "init", "schema")
    for verb in (*verbs, "score", "compare", "udr", "doctor", "check-plugin", "rm", "clean"):
        assert f"│ {verb} " in found


def test_an_unexpected_error_is_one_message_with_exit_code_1(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_: object) -> None:
        raise ZeroDivisionError("nothing to divide")

    monkeypatch.setattr(common, "load_plugins", fail)
    found = terminal("ls")
    assert found.code == 1
    assert found.err.startswith("error: unexpected ZeroDivisionError: nothing to divide\n")
    assert "report the traceback" in found.err
    with pytest.raises(ZeroDivisionError):
        terminal("ls", "--debug")


def test_an_interrupt_exits_with_130(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(**_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(common, "load_plugins", interrupt)
    assert terminal("ls").code == 130


def test_an_error_is_json_if_json_was_asked_for(terminal: Terminal) -> None:
    found = terminal("evaluate", "nowhere.safetensors", "--json")
    assert found.code == 2
    assert found.json()["error"].keys() == {"message", "hint", "exit_code"}
    assert found.json()["error"]["message"] in found.err
    Path("r.yaml").write_text("name: x\n")
    error = terminal("run", "r.yaml", "--json").json()["error"]
    assert (error["exit_code"], {problem["key"] for problem in error["problems"]}) == (2, {"dataset", "model"})
