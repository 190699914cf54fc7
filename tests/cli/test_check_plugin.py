from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.terminal import Terminal, terminal

__all__ = ["terminal"]

WRONG_SHAPE = """\
import bvtk


@bvtk.register_encoder("narrow")
class Narrow(bvtk.EncoderSpec):
    '''One output too few.'''

    def build(self, image, outputs):
        from torch import nn

        return nn.Sequential(nn.Flatten(), nn.Linear(image.pixels, outputs - 1))
"""


def test_a_problem_exits_with_2(terminal: Terminal) -> None:
    Path("narrow.py").write_text(WRONG_SHAPE)
    found = terminal("check-plugin", "narrow.py")
    assert found.code == 2
    assert "encoder 'narrow'" in found.out
    assert "PROBLEM" in found.out
    as_json = terminal("check-plugin", "narrow.py", "--json")
    assert as_json.code == 2
    assert {finding["level"] for finding in as_json.json()["findings"]} >= {"problem"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("import no_such_module\n", "ModuleNotFoundError"),
        ("def f(:\n", "SyntaxError"),
        ("raise SystemExit(3)\n", "SystemExit"),
        ("x = 1\n", "registers no component"),
        (WRONG_SHAPE.replace("narrow", "mlp"), "claimed by both"),
    ],
)
def test_files_that_are_not_plugins_are_reported(terminal: Terminal, text: str, message: str) -> None:
    Path("p.py").write_text(text)
    found = terminal("check-plugin", "p.py")
    assert found.code == 2
    assert message in found.out + found.err


def test_a_missing_file_is_reported(terminal: Terminal) -> None:
    found = terminal("check-plugin", "none.py")
    assert found.code == 2
    assert "plugin file none.py does not exist" in found.err
