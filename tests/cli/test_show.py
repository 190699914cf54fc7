from __future__ import annotations

import pytest

from tests.cli.terminal import Terminal, terminal

__all__ = ["terminal"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("encoder",), "expected the name of one encoder, found 0"),
        (("encoder", "mlp", "conv"), "expected the name of one encoder, found 2"),
        (("encoder", "mpl"), "did you mean 'mlp'?"),
        (("encoder", "mlp", "--layers"), "--layers is for recipes"),
        (("none.yaml",), "no such file"),
    ],
)
def test_targets_that_can_not_be_shown_are_errors(terminal: Terminal, arguments: tuple[str, ...], said: str) -> None:
    found = terminal("show", *arguments)
    assert found.code == 2
    assert said in found.err
