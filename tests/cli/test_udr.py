"""`bvtk udr`."""

from __future__ import annotations

from pathlib import Path

import bvtk
from tests.cli.terminal import Terminal, terminal
from tests.comparison.test_udr import exported, learned_vae
from tests.systems import recipe_of

__all__ = ["terminal"]


def test_a_sweep_ranked_in_a_table_and_as_json(terminal: Terminal) -> None:
    vae = learned_vae()
    sweep = Path("sweep.yaml")
    sweep.write_text("extends: vae.yaml\nsweep: {seeds: 2}\n")
    paths = [exported(vae, f"seed={seed}") for seed in range(2)]
    before = sorted(Path().rglob("*"))
    found = terminal("udr", "sweep.yaml", "--device", "cpu")
    assert found.code == 0, found.err
    assert found.out.splitlines()[0].split() == ["setting", "run", "seed", "UDR", "active", "codes"]
    assert sorted(line.split()[-3] for line in found.out.splitlines()[1:]) == ["0", "1"]
    data = terminal("udr", "sweep.yaml", "--device", "cpu", "--measure", "spearman", "--json").json()
    assert data == bvtk.udr([path.parent for path in paths], measure="spearman", device="cpu")
    assert sorted(Path().rglob("*")) == before


def test_wrong_arguments_exit_with_2(terminal: Terminal) -> None:
    assert terminal("udr", "nothing").code == 2
    assert terminal("udr", "r.yaml", "--measure", "kendall").code == 2
    recipe = recipe_of("pca")
    found = terminal("udr", str(exported(recipe)), "--device", "cpu")
    assert found.code == 2
    assert "only model of its setting" in found.err


def test_help_has_an_example(terminal: Terminal) -> None:
    assert "Example: bvtk udr" in terminal("udr", "--help").out
