"""What the page about sweeps shows is real."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from bvtk.check_plugin import check
from bvtk.cli.named import component_named
from bvtk.component import launchers
from bvtk.plugins import discover
from bvtk.recipe.sweep_schema import Sweep
from bvtk.sweep.cells import Sweep as Cells
from bvtk.sweep.cells import read_sweep
from bvtk.sweep.record import State

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "sweeps.md").read_text()
BLOCKS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


def cells_of(block: str, folder: Path, *overrides: str) -> Cells:
    discover(None, installed=False)
    head = "" if "extends" in block else "extends: quickstart.yaml\n"
    (folder / "quickstart.yaml").write_text((ROOT / "recipes" / "quickstart.yaml").read_text())
    (folder / "paper").mkdir(exist_ok=True)
    (folder / "paper/pca.yaml").write_text((ROOT / "recipes/paper/pca.yaml").read_text())
    (folder / "page.yaml").write_text(head + block)
    return read_sweep(folder / "page.yaml", overrides)


@pytest.mark.parametrize("block", BLOCKS)
def test_every_recipe_unfolds(block: str, tmp_path: Path) -> None:
    assert cells_of(block, tmp_path).cells


def test_the_cells_are_as_many_as_the_page_says(tmp_path: Path) -> None:
    assert len(cells_of(BLOCKS[0], tmp_path).cells) == 18
    changed = cells_of(BLOCKS[0], tmp_path, "sweep.seeds=10", "sweep.grid.objective.beta=[2, 8]")
    assert len(changed.cells) == 40
    assert [cell.recipe.name for cell in cells_of(BLOCKS[1], tmp_path).cells] == [
        *["vae"] * 3,
        *["quickstart"] * 10,
        "pca",
        *["quickstart"] * 3,
    ]


def test_every_key_is_in_the_table() -> None:
    table = PAGE.partition("## The keys of a sweep")[2].partition("## ")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == set(Sweep.model_fields)


def test_the_launcher_of_the_page_works(tmp_path: Path) -> None:
    (block,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "nice.py").write_text(block)
    found = discover(files=[tmp_path / "nice.py"], installed=False)
    findings = [str(finding) for finding in check(found.loaded[0]) if finding.level == "problem"]
    spec = component_named("--launcher", "nice:level=5", launchers)
    discover(installed=False)
    assert findings == []
    assert (type(spec).__name__, spec.model_dump()) == ("Nice", {"level": 5})


def test_the_states_of_the_page_are_those_of_cells() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", PAGE.partition("The states of a cell")[2].partition("## ")[0], re.MULTILINE)
    assert tuple(rows) == get_args(State)
