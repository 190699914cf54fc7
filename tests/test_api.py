from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import bvtk
from bvtk.errors import RecipeError, UsageError
from tests.conftest import squares


def test_an_export_works_in_another_folder_with_no_other_file(tiny_run: bvtk.Run, tmp_path_factory) -> None:
    alone = tmp_path_factory.mktemp("alone")
    (alone / "model.safetensors").write_bytes(Path(tiny_run.path).read_bytes())
    images, _ = squares()
    np.save(alone / "x.npy", images)
    code = (
        "import bvtk, numpy as np\n"
        "r = bvtk.load('model.safetensors')\n"
        "x = np.load('x.npy')\n"
        "np.save('z.npy', r.encode(x)); assert r.decode(r.encode(x)).shape == x.shape; print(r.recipe.name)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=alone, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "tiny"
    np.testing.assert_allclose(np.load(alone / "z.npy"), tiny_run.encode(images), rtol=1e-5, atol=1e-6)


def test_a_finished_run_is_not_run_again(tiny_run: bvtk.Run, monkeypatch: pytest.MonkeyPatch) -> None:
    before = Path(tiny_run.path).stat().st_mtime_ns
    monkeypatch.chdir(Path(tiny_run.path).parents[2])
    assert bvtk.run("tiny.yaml").scores == tiny_run.scores
    assert Path(tiny_run.path).stat().st_mtime_ns == before


def test_the_mistakes_of_a_recipe_are_raised(workplace: Path) -> None:
    with pytest.raises(RecipeError) as caught:
        bvtk.run("tiny.yaml", "model.latnets=3", "seed=-1")
    assert {p.key for p in caught.value.problems} == {"model.latnets", "seed"}


def test_a_folder_without_an_export_says_how_to_make_one(workplace: Path) -> None:
    (workplace / "empty").mkdir()
    with pytest.raises(UsageError, match="bvtk export empty"):
        bvtk.load("empty")


def test_a_data_set_opens_by_name_or_mapping(workplace: Path) -> None:
    data = bvtk.load_dataset({"type": "arrays", "path": "data.npz"})
    images, factors = squares()
    index = np.array([3, 70, 0])
    np.testing.assert_array_equal(data.images(index), images[index])
    np.testing.assert_array_equal(data.factors(index), factors[index])
    np.testing.assert_array_equal(data.index_of(data.factors(index)), index)
    assert len(data) == 75
    assert data.factor_names == ("size", "x", "y")
    with pytest.raises(UsageError, match="did you mean 'dsprites'"):
        bvtk.load_dataset("dsprite")
    with pytest.raises(UsageError, match="path"):
        bvtk.load_dataset("arrays")


def test_scores_are_those_of_the_command_line(cli, workplace: Path) -> None:
    _, factors = squares()
    codes = factors + np.random.default_rng(0).normal(0, 0.1, factors.shape)
    np.savez("codes.npz", codes=codes, factors=factors)
    found = bvtk.score(codes, factors, metrics=["mig", {"type": "beta_vae_score", "protocol": "dlib"}], seed=3)
    said = cli.json(
        "score", "codes.npz", *("--metric", "mig", "--metric", "beta_vae_score:protocol=dlib", "--seed", "3")
    )
    assert said == found
    assert found["mig"]["score"] > 0.5
    with pytest.raises(UsageError, match="did you mean 'mig'"):
        bvtk.score(codes, factors, metrics=["migg"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"metrics": "mig"}, "metrics: expected a list, found 'mig'"),
        ({"metrics": None}, "metrics: expected a list, found None"),
        ({"metrics": {"type": "mig"}}, "metrics: expected a list, found {'type': 'mig'}"),
        ({"seed": -1}, "seed: expected an integer from 0, found -1"),
        ({"seed": None}, "seed: expected an integer from 0, found None"),
        ({"metrics": [{"type": "mig", "binz": 3}]}, "mig.binz: unknown key, did you mean 'bins'?"),
        ({"metrics": [{"type": "mig", "bins": 0.5}]}, "mig.bins: expected an integer, found 0.5"),
        ({"metrics": [3]}, "expected a metric: its name or a mapping with 'type', found 3"),
    ],
)
def test_arguments_that_cannot_be_scored_by_are_refused(arguments: dict[str, Any], said: str) -> None:
    _, factors = squares()
    with pytest.raises(UsageError) as caught:
        bvtk.score(factors.astype(float), factors, **arguments)
    assert caught.value.message == said


@pytest.mark.parametrize(
    "codes", [[[1.0, 2.0], [3.0]], torch.ones(75, 3, requires_grad=True), "codes", None, np.array([{}] * 75)]
)
def test_codes_that_are_no_numbers_are_refused(codes: Any) -> None:
    _, factors = squares()
    with pytest.raises(UsageError, match="codes: expected"):
        bvtk.score(codes, factors, ["mig"])


def test_arrays_may_run_backwards_and_in_foreign_byte_order() -> None:
    _, factors = squares()
    codes = factors + np.random.default_rng(0).normal(0, 0.1, factors.shape)
    backwards = bvtk.score(codes[::-1][::-1].astype(">f8"), factors[::-1].astype(">i4")[::-1], ["mig"])
    assert backwards == bvtk.score(codes, factors, ["mig"])
    assert bvtk.score(codes[::-1], factors[::-1], ["mig"])["mig"]["score"] > 0.5


def test_importing_bvtk_imports_no_torch() -> None:
    code = "import sys, bvtk; print(sorted({'torch', 'numpy', 'pydantic'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_public_name_loads() -> None:
    names = [name for name in dir(bvtk) if not name.startswith("_")]
    assert len(names) > 20
    assert all(getattr(bvtk, name) is not None for name in names)
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = bvtk.nonsense  # type: ignore[attr-defined]
