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


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (OSError(28, "No space left on device", "x.json"), 1, "x.json: No space left on device"),
        (OSError(28, "No space left on device"), 1, "the output can't be written: No space left on device"),
        (OSError(36, "File name too long", "xxx"), 2, "xxx: File name too long"),
        (MemoryError("Unable to allocate 7 TiB"), 1, "not enough memory: Unable to allocate 7 TiB"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: 9 bytes"), 1, "not enough memory: DefaultCPU"),
        (TypeError("empty(): Overflow when unpacking long long\nframe #0"), 1, "not enough memory: empty()"),
    ],
)
def test_a_full_disk_an_odd_path_or_an_absurd_size_is_no_bug(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, error: Exception, code: int, message: str
) -> None:
    def fail(**_: object) -> None:
        raise error

    monkeypatch.setattr(common, "load_plugins", fail)
    found = terminal("ls")
    assert found.code == code
    assert found.err.startswith(f"error: {message}")
    assert "bug" not in found.err
    assert "frame" not in found.err


@pytest.mark.parametrize("verb", [("train",), ("compare",), ("score", "--metric", "mig"), ("ls", "--plugin")])
def test_a_path_that_no_system_has_is_refused(terminal: Terminal, verb: tuple[str, ...]) -> None:
    found = terminal(*verb, "a" * 300)
    assert found.code == 2
    assert "too long" in found.err
    assert "bug" not in found.err


def test_a_model_larger_than_any_memory_is_refused(terminal: Terminal) -> None:
    found = terminal("show", "r.yaml", "model.latents=1000000000000", "--layers")
    assert found.code == 1
    assert found.err.startswith("error: not enough memory")


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


def test_a_fault_of_a_plugin_names_its_line(workplace: Path, terminal: Terminal) -> None:
    Path("plugins").mkdir()
    assert terminal("init", "plugin", "mine", "--kind", "objective").code == 0
    file = Path("plugins/mine.py")
    file.write_text(file.read_text().replace("outputs.kl.sum(dim=1).mean()", "outputs.kl.sum(dim=7).mean()"))
    found = terminal("train", "tiny.yaml", "objective=mine", "--plugins", "--json")
    assert found.code == 2
    line = next(n for n, text in enumerate(file.read_text().splitlines(), 1) if "dim=7" in text)
    error = found.json()["error"]
    assert error["message"].startswith(f"plugin plugins/mine.py, line {line}: IndexError: Dimension out of range")
    assert "`bvtk check-plugin plugins/mine.py`" in error["hint"]
