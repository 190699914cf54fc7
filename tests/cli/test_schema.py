from __future__ import annotations

from tests.cli.terminal import Terminal, terminal

__all__ = ["terminal"]


def test_the_schema_is_json_and_has_plugins_in_it(terminal: Terminal) -> None:
    terminal("init", "plugin", "mine")
    found = terminal("schema")
    assert found.code == 0
    assert found.json()["$defs"]["encoder.mine"]["properties"]["width"]["default"] == 64
    assert found.out == terminal("schema", "--json").out
    assert "encoder.mine" not in terminal("schema", "--no-plugins").json()["$defs"]
