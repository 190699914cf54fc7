from __future__ import annotations

import subprocess
import sys
from contextlib import chdir
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import bvtk
from bvtk.errors import RecipeError, UsageError
from tests.conftest import furnish, squares
from tests.systems import recipe_of


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> bvtk.Run:
    """A run in a folder of its own, which its tests leave as it is."""
    folder = tmp_path_factory.mktemp("run")
    furnish(folder)
    with chdir(folder):
        return bvtk.run("tiny.yaml", out=folder / "runs")


def test_a_run_encodes_decodes_and_knows_itself(run: bvtk.Run) -> None:
    images, _ = squares()
    codes = run.encode(images)
    assert isinstance(codes, np.ndarray)
    assert codes.shape == (75, 3)
    decoded = run.decode(codes)
    assert decoded.shape == images.shape
    assert decoded.min() >= 0
    assert decoded.max() <= 1
    assert run.recipe.name == "tiny"
    assert set(run.scores) == {"mig", "beta_vae_score", "held_out", "squared_error"}
    assert run.image_shape == bvtk.ImageShape(1, 12, 12)
    assert "mig=" in repr(run)


def test_tensors_give_tensors_and_every_scale_of_pixels_the_same_codes(run: bvtk.Run) -> None:
    images, _ = squares()
    codes = run.encode(images)
    assert isinstance(run.encode(torch.from_numpy(images)), torch.Tensor)
    np.testing.assert_array_equal(run.encode(images.astype(np.float32)), codes)
    np.testing.assert_array_equal(run.encode(images * np.uint8(255)), codes)
    np.testing.assert_array_equal(run.encode(images.astype(np.float64)), codes)


def test_no_images_give_no_codes(run: bvtk.Run) -> None:
    assert run.encode(np.zeros((0, 1, 12, 12), np.uint8)).shape == (0, 3)
    assert run.decode(np.zeros((0, 3), np.float32)).shape == (0, 1, 12, 12)


@pytest.mark.parametrize(
    ("images", "said"),
    [
        (np.zeros((2, 12, 12), np.uint8), r"expected images \(n, 1, 12, 12\), found \(2, 12, 12\)"),
        (np.full((1, 1, 12, 12), 1.5), "found 1.5 to 1.5"),
        (np.full((1, 1, 12, 12), np.nan), "found nan to nan"),
        (np.zeros((1, 1, 12, 12), np.int64), "found torch.int64"),
    ],
)
def test_images_of_another_kind_are_refused(run: bvtk.Run, images: np.ndarray, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        run.encode(images)


def test_codes_of_another_width_are_refused(run: bvtk.Run) -> None:
    with pytest.raises(UsageError, match=r"expected codes \(n, 3\), found \(1, 4\)"):
        run.decode(np.zeros((1, 4)))


@pytest.mark.parametrize("value", [None, "text", [[1, 2], [3]], np.zeros((2, 3), complex), object()])
def test_what_is_no_array_of_numbers_is_refused(run: bvtk.Run, value: object) -> None:
    with pytest.raises(UsageError, match=r"expected images \(n, 1, 12, 12\)"):
        run.encode(value)
    with pytest.raises(UsageError, match=r"expected codes \(n, 3\)"):
        run.decode(value)


def test_arrays_of_every_layout_in_memory_are_taken(run: bvtk.Run) -> None:
    images, _ = squares()
    codes = run.encode(images)
    np.testing.assert_allclose(run.encode(images[::-1])[::-1], codes, rtol=1e-4, atol=1e-6)
    np.testing.assert_array_equal(run.encode(images.astype(">f4")), codes)
    frozen = images.copy()
    frozen.flags.writeable = False
    np.testing.assert_array_equal(run.encode(frozen), codes)
    decoded = run.decode(codes)
    np.testing.assert_allclose(run.decode(codes[::-1])[::-1], decoded, rtol=1e-4, atol=1e-6)
    frozen = codes.copy()
    frozen.flags.writeable = False
    np.testing.assert_array_equal(run.decode(frozen), decoded)
    np.testing.assert_array_equal(run.decode(codes.tolist()), decoded)


def test_a_model_that_reads_factors_takes_their_values_and_makes_no_images(workplace: Path) -> None:
    run = bvtk.run(recipe_of("ground_truth"))
    assert run.encode(np.array([[2, 4, 0], [1, 2, 4]])).tolist() == [[1, 1, 0], [0.5, 0.5, 1]]
    assert isinstance(run.encode(torch.zeros(2, 3)), torch.Tensor)
    with pytest.raises(UsageError, match=r"expected factor values \(n, 3\): size, x, y; found \(2, 4\)"):
        run.encode(np.zeros((2, 4)))
    with pytest.raises(UsageError, match="model 'ground_truth' makes no images of codes"):
        run.decode(np.zeros((2, 3)))


@pytest.mark.parametrize("system", ["infogan", "pca", "pixels"])
def test_models_without_a_posterior_encode_and_decode(workplace: Path, system: str) -> None:
    run = bvtk.run(recipe_of(system))
    images = np.pad(squares()[0], ((0, 0), (0, 0), (2, 2), (2, 2)))
    codes = run.encode(images)
    assert codes.shape == (75, run.latents)
    assert run.decode(codes).shape == images.shape
    assert "held_out" not in run.scores


def test_an_export_works_in_another_folder_with_no_other_file(run: bvtk.Run, tmp_path_factory) -> None:
    alone = tmp_path_factory.mktemp("alone")
    (alone / "model.safetensors").write_bytes(Path(run.path).read_bytes())
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
    np.testing.assert_allclose(np.load(alone / "z.npy"), run.encode(images), rtol=1e-5, atol=1e-6)


def test_a_finished_run_is_not_run_again(run: bvtk.Run, monkeypatch: pytest.MonkeyPatch) -> None:
    before = Path(run.path).stat().st_mtime_ns
    monkeypatch.chdir(Path(run.path).parents[2])
    assert bvtk.run("tiny.yaml").scores == run.scores
    assert Path(run.path).stat().st_mtime_ns == before


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
