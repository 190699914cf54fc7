import json

import numpy as np
import pytest
from safetensors.numpy import save_file

import bvtk
from bvtk.comparison.contents.sources import gather, read_target
from bvtk.errors import BvtkError, RunError, UsageError
from bvtk.recipe import load_recipe, recipe_sha256, resolved
from bvtk.runs import write_json
from bvtk.sweep.cells import read_sweep
from bvtk.sweep.record import Status, SweepFolder
from tests.comparison.folders import RECIPE, scores, three_systems, write_run


def record_environment(folder):
    """Records the recipe of a run as training does."""
    recipe = load_recipe(folder / "recipe.yaml").recipe
    write_json(folder / "environment.json", {"recipe_sha256": recipe_sha256(recipe)})


def test_a_run_folder_is_read_whole(tmp_path):
    (run,) = gather([write_run(tmp_path, ["objective.beta=8"], scores(0.3), [(10, 0.1), (20, 0.2)])]).runs
    assert run.name == "toy"
    assert run.recipe["objective"]["beta"] == {"type": "constant", "value": 8.0}
    assert run.scores["mig"]["score"] == 0.3
    assert run.facts == {"beta": 8.0, "beta_norm": 80 / 4096}
    assert run.curves == {"mig": ((10, 0.1), (20, 0.2))}


def test_unfinished_runs_are_named_and_left_out(tmp_path):
    done, under_way = write_run(tmp_path, [], scores(0.3)), write_run(tmp_path, ["seed=1"], None)
    found = gather([tmp_path])
    assert [run.run for run in found.runs] == [done.name]
    assert found.left_out == (f"{under_way} has no scores yet",)


def test_a_run_counts_once(tmp_path):
    run = write_run(tmp_path / "a", [], scores(0.3))
    write_run(tmp_path / "b", [], scores(0.3))
    write_run(tmp_path / "c", [], scores(0.4))
    found = gather([run, tmp_path / "a", tmp_path / "b"])
    assert len(found.runs) == 1
    assert not found.left_out
    assert "other scores" in gather([tmp_path / "a", tmp_path / "c"]).left_out[0]


def test_an_export_tells_its_recipe_and_scores(tmp_path):
    folder = write_run(tmp_path, ["objective.beta=2"], scores(0.3))
    recipe = resolved(load_recipe(folder / "recipe.yaml").recipe)
    facts = {"format": 1, "recipe": recipe, "image_shape": [1, 64, 64], "peak": 1, "scores": scores(0.3)}
    path = tmp_path / "model.safetensors"
    save_file({"w": np.zeros(1, np.float32)}, path, {"bvtk": json.dumps(facts)})
    (run,) = gather([path]).runs
    assert run.facts == {"beta": 2.0, "beta_norm": 20 / 4096}
    assert len(gather([path, folder]).runs) == 1
    save_file({"w": np.zeros(1, np.float32)}, path, {"bvtk": json.dumps(facts | {"image_shape": [1, 0, 64]})})
    with pytest.raises(UsageError, match=r"metadata are damaged: image_shape\.1"):
        gather([path])
    save_file({"w": np.zeros(1, np.float32)}, path, {"other": "x"})
    with pytest.raises(UsageError, match="is not an export of bvtk"):
        gather([path])


def test_a_file_of_plain_scores_is_a_run_without_a_recipe(tmp_path):
    path = tmp_path / "theirs.json"
    path.write_text(json.dumps(scores(0.25)))
    three_systems(tmp_path / "runs")
    table = bvtk.compare([path, tmp_path / "runs"], columns=["mig", "objective.beta"])
    assert table.rows[0].label == "theirs"
    assert [cell if cell is None else cell.value for cell in table.values[0]] == [0.25, None]


def test_fields_younger_than_a_run_do_not_part_it_from_others(tmp_path):
    write_run(tmp_path, ["seed=0"], scores(0.1))
    old = write_run(tmp_path, ["seed=1"], scores(0.2)) / "recipe.yaml"
    lines = old.read_text().splitlines(keepends=True)
    old.write_text("".join(line for line in lines if "keep:" not in line))
    assert len(bvtk.compare(tmp_path).rows) == 1


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("{", UsageError),
        ("[1, 2]", UsageError),
        ("{}", UsageError),
        ('{"mig": 1}', UsageError),
        ('{"format": 9, "runs": []}', UsageError),
        ('{"format": 1, "runs": [{"run": "x"}]}', UsageError),
        ('{"format": 1, "runs": [{"run": "x", "recipe": {}, "scores": {"mig": 1}}]}', UsageError),
        ('{"format": 1, "runs": [], "published": {"source": "x", "scores": {"mig": 3}}}', UsageError),
        ("[" * 100_000, UsageError),
    ],
)
def test_damaged_json_is_told(tmp_path, text, error):
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(error, match=r"x\.json"):
        gather([path])


@pytest.mark.parametrize("text", ["{", "[]", '{"mig": 0.5}'])
def test_damaged_scores_of_a_run_are_told(tmp_path, text):
    folder = write_run(tmp_path, [], scores(0.1))
    (folder / "scores.json").write_text(text)
    with pytest.raises(RunError, match=r"scores\.json"):
        gather([folder])


def test_a_damaged_run_is_left_out_with_the_reason(tmp_path):
    good, bad = (write_run(tmp_path, [f"seed={seed}"], scores(0.1)) for seed in (0, 1))
    record_environment(bad)
    (bad / "recipe.yaml").write_text((bad / "recipe.yaml").read_text().replace("seed: 1", "seed: 2"))
    for targets in ([tmp_path], [good, bad]):
        found = gather(targets)
        assert [run.run for run in found.runs] == [good.name]
        assert found.left_out == (f"{bad / 'recipe.yaml'} was changed after the run was trained",)
    with pytest.raises(RunError, match="was changed after the run was trained"):
        gather([bad])


def test_a_damaged_recipe_of_a_run_is_told(tmp_path):
    folder = write_run(tmp_path, [], scores(0.1))
    (folder / "recipe.yaml").write_text("name: [")
    with pytest.raises(BvtkError, match=r"recipe\.yaml"):
        gather([folder])


def test_what_holds_no_runs_is_told(tmp_path):
    with pytest.raises(UsageError, match="no such file"):
        gather([tmp_path / "none"])
    with pytest.raises(UsageError, match="no run with scores"):
        gather([tmp_path])
    (tmp_path / "x.txt").write_text("")
    with pytest.raises(UsageError, match="has no runs"):
        read_target(tmp_path / "x.txt")


SWEEP = """\
sweep:
  seeds: 2
  grid: {objective.beta: [4, 1]}
  published: {source: a paper, scores: {mig: {toy (beta=4): [0.5, 0.1]}}}
"""


def sweep_of(tmp_path):
    """A recipe with a sweep of four cells, three of them done, and the sweep's folder."""
    for seed, beta in ((0, 4), (1, 4), (0, 1)):
        write_run(tmp_path / "out", [f"objective.beta={beta}", f"seed={seed}"], scores(beta / 10 + seed / 10))
    write_run(tmp_path / "out", ["name=another"], scores(0.9))
    recipe = tmp_path / "sweep.yaml"
    recipe.write_text(RECIPE + SWEEP)
    sweep = read_sweep(recipe)
    folder = SweepFolder(sweep, tmp_path / "out")
    with folder.locked():
        folder.save([Status(cell, cell.folder(tmp_path / "out")) for cell in sweep.cells], at_once=True)
    return recipe, folder.path


def test_a_sweep_by_its_recipe_or_its_folder(tmp_path):
    recipe, folder = sweep_of(tmp_path)
    for target in (recipe, folder):
        table = bvtk.compare(target, out=tmp_path / "out")
        assert [(row.label, len(row.runs)) for row in table.rows] == [("toy (beta=1)", 1), ("toy (beta=4)", 2)]
        assert not table.warnings
        (why,) = table.left_out
        assert why.endswith(" has not been run yet")
        assert "| toy (beta=4) | **0.450 ± 0.071** | 0.500 ± 0.100 | 2 |" in table.to_markdown()
        assert table.to_markdown().endswith("Published: a paper\n")
        assert "Published" not in bvtk.compare(target, out=tmp_path / "out", columns=["objective.beta"]).to_markdown()


def test_cells_without_scores_are_known_by_their_recipes(tmp_path):
    recipe, folder = sweep_of(tmp_path)
    (by_recipe,) = gather([recipe], tmp_path / "out").planned
    assert gather([folder]).planned is None, "the folder holds no recipe of the cell that waits"
    SweepFolder(read_sweep(recipe), tmp_path / "out").recipe_of(read_sweep(recipe).cells[-1])
    assert gather([folder]).planned == (by_recipe,)


def test_a_recipe_is_its_run(tmp_path):
    write_run(tmp_path / "out", [], scores(0.1))
    recipe = tmp_path / "toy.yaml"
    recipe.write_text(RECIPE)
    assert len(gather([recipe], tmp_path / "out").runs) == 1
    with pytest.raises(UsageError, match="no run with scores"):
        gather([recipe], tmp_path / "elsewhere")


@pytest.mark.parametrize("text", ["{", "{}", '{"cells": [1]}', '{"cells": [], "published": {"source": 1}}'])
def test_a_damaged_sweep_is_told(tmp_path, text):
    (tmp_path / "sweep.json").write_text(text)
    with pytest.raises(RunError, match=r"sweep\.json"):
        gather([tmp_path])


def test_the_end_of_a_schedule_goes_by_its_name(tmp_path):
    for end in (1, 4):
        schedule = f"objective.beta={{type: linear, start: 1, end: {end}, steps: 5}}"
        write_run(tmp_path, [schedule], scores(0.1))
    assert [row.label for row in bvtk.compare(tmp_path).rows] == ["toy (beta=1)", "toy (beta=4)"]


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("evaluations.jsonl", "[1]\n"),
        ("evaluations.jsonl", '{"scores": 5}\n'),
        ("evaluations.jsonl", '{"scores": {"mig": {"score": 1}}}\n'),
        ("evaluations.jsonl", '{"step": 1, "scores": {"mig": {"score": "high"}}}\n'),
        ("metrics.jsonl", '{"beta": [4]}\n'),
        ("metrics.jsonl", "[" * 5000 + "\n"),
        ("scores.json", "[" * 5000),
        ("scores.json", '{"mig": {"score": NaN}}'),
    ],
)
def test_logs_and_scores_that_are_garbled_are_named(tmp_path, file, text):
    path = write_run(tmp_path, [], scores(0.3))
    (path / file).write_text(text)
    with pytest.raises(RunError, match=path.name):
        gather([path])


def test_figures_that_are_links_stay_unread(tmp_path):
    path = write_run(tmp_path, [], scores(0.3))
    (path / "figures").mkdir(exist_ok=True)
    (path / "figures" / "kl.png").write_bytes(b"")
    (path / "figures" / "activation.png").symlink_to("/etc/passwd")
    (run,) = read_target(path).runs
    assert list(run.pictures) == ["kl"]
