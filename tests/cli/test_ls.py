from __future__ import annotations

from pathlib import Path

from bvtk.component import REGISTRIES
from tests.cli.terminal import Terminal, terminal

__all__ = ["terminal"]


def test_all_kinds_are_listed_with_one_line_a_component(terminal: Terminal) -> None:
    found = terminal("ls")
    assert found.code == 0
    lines = found.out.splitlines()
    assert [line for line in lines if line and not line.startswith(" ")] == list(REGISTRIES)
    assert sum(line.startswith("  ") for line in lines) == sum(len(r.names()) for r in REGISTRIES.values())


def test_one_kind_in_singular_or_plural(terminal: Terminal) -> None:
    assert terminal("ls", "encoder").out == terminal("ls", "encoders").out
    assert "mlp" in terminal("ls", "encoder").out
    assert {c["kind"] for c in terminal("ls", "metrics", "--json").json()["components"]} == {"metric"}


def test_json_has_origin_and_place(terminal: Terminal) -> None:
    terminal("init", "plugin", "mine")
    components = {c["name"]: c for c in terminal("ls", "encoder", "--json").json()["components"]}
    assert components["mlp"]["origin"] == "built-in"
    assert components["mine"]["origin"] == "plugins/mine.py"
    assert components["mine"]["summary"] == "One hidden layer: the smallest useful encoder."
    assert "(plugins/mine.py)" in terminal("ls", "encoder").out
    assert "mine" not in terminal("ls", "encoder", "--no-plugins").out


def test_an_unknown_kind_is_refused(terminal: Terminal) -> None:
    found = terminal("ls", "encodr")
    assert found.code == 2
    assert "did you mean 'encoder'?" in found.err


def test_a_terminal_without_greek_is_no_error(tmp_path: Path) -> None:
    import os
    import subprocess
    import sys

    plain = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    command = [sys.executable, "-m", "bvtk", "ls", "metric"]
    done = subprocess.run(command, env=plain, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "beta_vae_score" in done.stdout


def test_shipped_recipes_are_listed(terminal: Terminal) -> None:
    found = {entry["name"]: entry for entry in terminal("ls", "recipes", "--json").json()["recipes"]}
    assert found["paper/vae"]["summary"] == "The paper's VAE: the same as its β-VAE, but with β = 1."
    assert found["paper/vae"]["file"].endswith("paper/vae.yaml")
    assert "quickstart  " in terminal("ls", "recipes").out
