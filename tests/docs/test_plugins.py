"""The plugins and recipes that docs/plugins.md shows work."""

from __future__ import annotations

from pathlib import Path

import pytest

from bvtk.recipe import load_recipe
from tests.docs.test_recipes import blocks
from tests.recipe.conftest import Load, load, toys

__all__ = ["load", "toys"]


def test_the_plugin_can_be_used(tmp_path: Path, load: Load) -> None:
    from bvtk.plugins import discover

    code, *_ = blocks("plugins.md", "python")
    (tmp_path / "p.py").write_text(code)
    discover(None, [tmp_path / "p.py"], installed=False)
    (fragment,) = [block for block in blocks("plugins.md", "yaml") if "tiny" in block]
    text = f"name: x\ndataset: dsprites\n{fragment}objective: beta_vae\ntraining: {{steps: 1}}\n"
    assert load(text).recipe.model.encoder.width == 32
    assert load_recipe("r.yaml").recipe.model.encoder.component == "tiny"
    discover(None, installed=False)


@pytest.mark.parametrize("number", [0, 1, 2, 3])
def test_every_plugin_shown_passes_its_check(tmp_path: Path, number: int) -> None:
    from bvtk.check_plugin import check
    from bvtk.plugins import discover

    complete = [block for block in blocks("plugins.md", "python") if "@bvtk.register" in block]
    assert len(complete) == 4
    (tmp_path / "p.py").write_text(complete[number])
    (origin,) = discover(None, [tmp_path / "p.py"], installed=False).loaded
    found = check(origin)
    assert [str(finding) for finding in found if finding.level != "ok"] == []
    assert found
    discover(None, installed=False)
