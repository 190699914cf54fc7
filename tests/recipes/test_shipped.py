"""Every shipped recipe says how it is run, and trains for two steps."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from bvtk.engine.checkpoint import checkpoints
from bvtk.recipe import load_recipe
from tests.conftest import Cli

ROOT = Path(__file__).parents[2]
RECIPES = sorted((ROOT / "recipes").rglob("*.yaml"))


def names(path: Path) -> str:
    return str(path.relative_to(ROOT / "recipes"))


@pytest.mark.parametrize("path", RECIPES, ids=names)
def test_it_opens_with_the_commands_that_run_it(path: Path) -> None:
    head = [line for line in path.read_text().splitlines() if line.startswith("#")]
    command = f"bvtk run {path.relative_to(ROOT)}"
    assert any(command in line for line in head)
    assert load_recipe_of(path).recipe.name == path.stem


def load_recipe_of(path: Path):
    from bvtk.plugins import discover

    discover(ROOT)
    return load_recipe(path)


@pytest.mark.parametrize("path", RECIPES, ids=names)
def test_it_trains_for_two_steps(path: Path, tmp_path: Path) -> None:
    cli = Cli(ROOT)
    overrides = ("training.steps=2", "training.log_every=1", "--out", str(tmp_path))
    run = Path(cli.json("train", str(path), *overrides)["run"])
    assert checkpoints(run / "checkpoints")[0][0] == 2
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [1, 2]
    assert all(0 < line["reconstruction"] < 1e5 for line in lines)


def test_the_commands_in_the_comments_are_valid() -> None:
    from bvtk.plugins import discover

    discover(ROOT)
    for path in RECIPES:
        for line in re.findall(r"^#\s+bvtk (?:run|train) (\S+.*)$", path.read_text(), re.MULTILINE):
            recipe, *overrides = line.split()
            load_recipe(ROOT / recipe, overrides)
