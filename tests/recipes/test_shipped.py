"""Every shipped recipe says how it is run, and trains for two steps, or is fitted."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bvtk.api import run_folder
from bvtk.engine.checkpoint import checkpoints
from bvtk.pipeline import working
from bvtk.recipe import Recipe, load_recipe
from bvtk.recipe.variants import load_sweep

ROOT = Path(__file__).parents[2]
RECIPES = sorted((ROOT / "recipes").rglob("*.yaml"))


def names(path: Path) -> str:
    return str(path.relative_to(ROOT / "recipes"))


@pytest.mark.parametrize("path", RECIPES, ids=names)
def test_it_opens_with_the_commands_that_run_it(path: Path) -> None:
    head = [line for line in path.read_text().splitlines() if line.startswith("#")]
    verb = "sweep" if load_recipe_of(path).recipe.sweep else "run"
    assert any(f"bvtk {verb} {path.relative_to(ROOT)}" in line for line in head)
    assert load_recipe_of(path).recipe.name == path.stem


def load_recipe_of(path: Path):
    from bvtk.plugins import discover

    discover(ROOT)
    return load_recipe(path)


@pytest.mark.filterwarnings("ignore:FastICA did not converge")  # on so few images
@pytest.mark.parametrize("path", RECIPES, ids=names)
def test_it_trains_for_two_steps(path: Path, tmp_path: Path) -> None:
    recipe = load_recipe_of(path).recipe
    steps = 2 if recipe.model.learns == "steps" else 0
    overrides = [f"training.steps={steps}", "training.log_every=1", *made_small(recipe, tmp_path)]
    loaded = load_recipe(path, overrides)
    folder = run_folder(loaded.recipe, tmp_path)
    with working(loaded, folder, "cpu") as pipeline:
        pipeline.train()
    assert checkpoints(folder.checkpoints)[0][0] == steps
    lines = folder.read_log() if steps else []
    assert [line["step"] for line in lines] == [1, 2][:steps]
    assert all(0 < line.get("reconstruction", 1) < 1e5 for line in lines)


def made_small(recipe: Recipe, folder: Path) -> list[str]:
    """Overrides for what takes long or is not here: few images to fit on, and pictures drawn by this test."""
    fitted = ["model.images=500"] if "images" in type(recipe.model).model_fields else []
    if recipe.dataset.component != "images":
        return fitted
    pixels = np.random.default_rng(0).integers(0, 256, (12, 80, 70, 3), np.uint8)
    for number, picture in enumerate(pixels):
        file = folder / f"pictures/{number % 3}/{number}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(file)
    return [*fitted, f"dataset.path={folder / 'pictures'}"]


def test_the_commands_in_the_comments_are_valid_in_every_cell() -> None:
    from bvtk.plugins import discover

    discover(ROOT)
    for path in RECIPES:
        for line in re.findall(r"^#\s+bvtk (?:run|train|sweep) (\S+.*)$", path.read_text(), re.MULTILINE):
            recipe, *overrides = shlex.split(line)
            load_sweep(ROOT / recipe, overrides)
