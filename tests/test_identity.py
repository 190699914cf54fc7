"""A run folder belongs to one recipe, by its full hash and not by the short one in its name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import bvtk
from bvtk.comparison.contents.sources import read_run
from bvtk.errors import RunError, UsageError
from bvtk.identity import check_identity
from bvtk.pipeline import working
from bvtk.plugins import discover
from bvtk.recipe import dump_yaml, load_recipe, recipe_hash, recipe_sha256
from bvtk.recipe.source import read_document
from bvtk.runs import RunFolder
from tests.conftest import Cli

SHIPPED = sorted(Path("recipes").resolve().rglob("*.yaml"))


def finished(*overrides: str) -> RunFolder:
    return RunFolder(bvtk.run("tiny.yaml", *overrides).path.parent)


def report(folder: RunFolder) -> None:
    """What `bvtk report FOLDER --again` does."""
    with working(load_recipe(folder.recipe), folder, "cpu") as pipeline:
        pipeline.report(again=True)


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_a_recipe_that_was_changed_after_training_makes_no_export(cli: Cli) -> None:
    folder = finished()
    change(folder.recipe, "seed: 0", "seed: 1")
    said = cli("export", str(folder.path), "--again", code=1).stderr
    assert "recipe.yaml was changed after the run was trained" in said
    with pytest.raises(RunError, match="was changed after the run was trained"):
        report(folder)
    with pytest.raises(RunError, match="was changed after the run was trained"):
        read_run(folder.path)


def test_a_finished_run_is_not_shown_as_that_of_a_changed_recipe(workplace: Path) -> None:
    folder = finished()
    change(folder.recipe, "seed: 0", "seed: 1")
    with pytest.raises(UsageError, match="holds the run of another recipe"):
        bvtk.run("tiny.yaml")


def test_a_recipe_with_the_same_short_hash_is_refused(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bvtk.api.recipe_hash", lambda recipe, versions: "0123456789")
    bvtk.run("tiny.yaml")
    with pytest.raises(UsageError, match="holds the run of another recipe"):
        bvtk.run("tiny.yaml", "objective.beta=16")


def test_checkpoints_of_another_recipe_are_refused(workplace: Path) -> None:
    first = finished()
    other = finished("objective.beta=16")
    for path in first.checkpoints.iterdir():
        (other.checkpoints / path.name / "manifest.json").write_text((path / "manifest.json").read_text())
        for file in path.glob("*.safetensors"):
            (other.checkpoints / path.name / file.name).write_bytes(file.read_bytes())
    with pytest.raises(RunError, match="it was trained with another recipe"):
        report(other)


def test_scores_that_were_changed_are_refused(workplace: Path) -> None:
    folder = finished()
    scores = json.loads(folder.scores.read_text())
    scores["mig"]["score"] = 0.99
    folder.scores.write_text(json.dumps(scores))
    with pytest.raises(RunError, match=r"scores\.json was changed after it was written"):
        check_identity(folder, load_recipe(folder.recipe).recipe)
    with pytest.raises(RunError, match=r"scores\.json was changed"):
        read_run(folder.path)
    folder.scores.unlink()
    report(folder)
    check_identity(folder, load_recipe(folder.recipe).recipe)


def test_an_export_whose_recipe_was_changed_is_refused(workplace: Path) -> None:
    folder = finished()
    data = folder.export.read_bytes()
    old, new = (rb"\"name\":\"%s\"" % name for name in (b"tiny", b"tinx"))
    assert data.count(old) == 1
    folder.export.write_bytes(data.replace(old, new))
    with pytest.raises(UsageError, match="its recipe was changed after the export was written"):
        bvtk.load(folder.export)


def test_a_renamed_folder_stays_the_run_that_it_is(workplace: Path) -> None:
    folder = finished()
    moved = RunFolder(folder.path.rename(workplace / "elsewhere"))
    report(moved)
    assert read_run(moved.path) is not None


def test_folders_without_records_are_taken_as_they_are(workplace: Path) -> None:
    folder = finished()
    facts = json.loads(folder.environment.read_text())
    folder.environment.write_text(json.dumps({k: v for k, v in facts.items() if not k.endswith("sha256")}))
    check_identity(folder, load_recipe(folder.recipe).recipe)
    check_identity(RunFolder(workplace / "nothing"), load_recipe(folder.recipe).recipe)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_the_recipe_in_a_folder_has_the_hash_of_the_recipe(path: Path, tmp_path: Path) -> None:
    discover(Path())
    recipe = load_recipe(path).recipe
    (tmp_path / "recipe.yaml").write_text(dump_yaml(recipe))
    root = read_document(tmp_path / "recipe.yaml", "recipe.yaml").root
    assert root is not None
    assert recipe_sha256(root.plain()) == recipe_sha256(recipe)
    assert recipe_sha256(recipe).startswith(recipe_hash(recipe))
