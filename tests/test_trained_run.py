from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

import bvtk
from bvtk.errors import UsageError
from tests.conftest import squares
from tests.systems import recipe_of


def test_a_run_encodes_decodes_and_knows_itself(tiny_run: bvtk.Run) -> None:
    images, _ = squares()
    codes = tiny_run.encode(images)
    assert isinstance(codes, np.ndarray)
    assert codes.shape == (75, 3)
    decoded = tiny_run.decode(codes)
    assert decoded.shape == images.shape
    assert decoded.min() >= 0
    assert decoded.max() <= 1
    assert tiny_run.recipe.name == "tiny"
    assert set(tiny_run.scores) == {"mig", "beta_vae_score", "held_out", "squared_error"}
    assert tiny_run.image_shape == bvtk.ImageShape(1, 12, 12)
    assert "mig=" in repr(tiny_run)


def test_tensors_give_tensors_and_every_scale_of_pixels_the_same_codes(tiny_run: bvtk.Run) -> None:
    images, _ = squares()
    codes = tiny_run.encode(images)
    assert isinstance(tiny_run.encode(torch.from_numpy(images)), torch.Tensor)
    np.testing.assert_array_equal(tiny_run.encode(images.astype(np.float32)), codes)
    np.testing.assert_array_equal(tiny_run.encode(images * np.uint8(255)), codes)
    np.testing.assert_array_equal(tiny_run.encode(images.astype(np.float64)), codes)


def test_no_images_give_no_codes(tiny_run: bvtk.Run) -> None:
    assert tiny_run.encode(np.zeros((0, 1, 12, 12), np.uint8)).shape == (0, 3)
    assert tiny_run.decode(np.zeros((0, 3), np.float32)).shape == (0, 1, 12, 12)


@pytest.mark.parametrize(
    ("images", "said"),
    [
        (np.zeros((2, 12, 12), np.uint8), r"expected images \(n, 1, 12, 12\), found \(2, 12, 12\)"),
        (np.full((1, 1, 12, 12), 1.5), "found 1.5 to 1.5"),
        (np.full((1, 1, 12, 12), np.nan), "found nan to nan"),
        (np.zeros((1, 1, 12, 12), np.int64), "found torch.int64"),
    ],
)
def test_images_of_another_kind_are_refused(tiny_run: bvtk.Run, images: np.ndarray, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        tiny_run.encode(images)


def test_codes_of_another_width_are_refused(tiny_run: bvtk.Run) -> None:
    with pytest.raises(UsageError, match=r"expected codes \(n, 3\), found \(1, 4\)"):
        tiny_run.decode(np.zeros((1, 4)))


@pytest.mark.parametrize("value", [None, "text", [[1, 2], [3]], np.zeros((2, 3), complex), object()])
def test_what_is_no_array_of_numbers_is_refused(tiny_run: bvtk.Run, value: object) -> None:
    with pytest.raises(UsageError, match=r"expected images \(n, 1, 12, 12\)"):
        tiny_run.encode(value)
    with pytest.raises(UsageError, match=r"expected codes \(n, 3\)"):
        tiny_run.decode(value)


def test_arrays_of_every_layout_in_memory_are_taken(tiny_run: bvtk.Run) -> None:
    images, _ = squares()
    codes = tiny_run.encode(images)
    np.testing.assert_allclose(tiny_run.encode(images[::-1])[::-1], codes, rtol=1e-4, atol=1e-6)
    np.testing.assert_array_equal(tiny_run.encode(images.astype(">f4")), codes)
    frozen = images.copy()
    frozen.flags.writeable = False
    np.testing.assert_array_equal(tiny_run.encode(frozen), codes)
    decoded = tiny_run.decode(codes)
    np.testing.assert_allclose(tiny_run.decode(codes[::-1])[::-1], decoded, rtol=1e-4, atol=1e-6)
    frozen = codes.copy()
    frozen.flags.writeable = False
    np.testing.assert_array_equal(tiny_run.decode(frozen), decoded)
    np.testing.assert_array_equal(tiny_run.decode(codes.tolist()), decoded)


def test_a_model_that_reads_factors_takes_their_values_and_makes_no_images(workplace: Path) -> None:
    run = bvtk.run(recipe_of("ground_truth"))
    assert run.encode(np.array([[2, 4, 0], [1, 2, 4]])).tolist() == [[1, 1, 0], [0.5, 0.5, 1]]
    assert isinstance(run.encode(torch.zeros(2, 3)), torch.Tensor)
    with pytest.raises(UsageError, match=r"expected factor values \(n, 3\): size, x, y; found \(2, 4\)"):
        run.encode(np.zeros((2, 4)))
    with pytest.raises(UsageError, match="model 'ground_truth' does not decode"):
        run.decode(np.zeros((2, 3)))


@pytest.mark.parametrize("system", ["infogan", "pca", "pixels"])
def test_models_without_a_posterior_encode_and_decode(workplace: Path, system: str) -> None:
    run = bvtk.run(recipe_of(system))
    images = np.pad(squares()[0], ((0, 0), (0, 0), (2, 2), (2, 2)))
    codes = run.encode(images)
    assert codes.shape == (75, run.latents)
    assert run.decode(codes).shape == images.shape
    assert "held_out" not in run.scores


def test_a_traversal_changes_one_latent_of_a_code(tiny_run: bvtk.Run) -> None:
    code = tiny_run.encode(squares()[0][:1])
    codes = np.repeat(code, 11, axis=0)
    codes[:, 1] = np.linspace(-3, 3, 11)
    found = tiny_run.traverse(1, code)
    np.testing.assert_array_equal(found, tiny_run.decode(codes))
    assert (found.dtype, found.shape) == (np.float32, (11, 1, 12, 12))
    np.testing.assert_array_equal(tiny_run.traverse(np.int64(1), code[0].tolist()), found)
    tensor = tiny_run.traverse(1, torch.from_numpy(code))
    assert isinstance(tensor, torch.Tensor)
    np.testing.assert_array_equal(tensor.numpy(), found)


def test_a_traversal_starts_from_the_mean_of_the_prior(tiny_run: bvtk.Run) -> None:
    values = [-0.5, 2.0]
    np.testing.assert_array_equal(
        tiny_run.traverse(2, values=values), tiny_run.decode(np.array([[0, 0, v] for v in values], np.float32))
    )
    assert tiny_run.traverse(0, values=[]).shape == (0, 1, 12, 12)


def test_without_a_posterior_a_traversal_spans_the_codes_of_the_data_set(workplace: Path) -> None:
    run = bvtk.run(recipe_of("pca"))
    codes = run.encode(np.load("padded.npz")["images"])
    mean, std = codes.mean(axis=0), codes.std(axis=0)
    values = mean[0] + std[0] * np.linspace(-3, 3, 11)
    np.testing.assert_allclose(run.traversal_values(0), values, rtol=1e-4, atol=1e-6)
    expected = np.tile(mean, (11, 1))
    expected[:, 0] = values
    np.testing.assert_allclose(run.traverse(0), run.decode(expected), atol=1e-5)


def test_a_traversal_takes_the_values_that_the_model_gives(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = bvtk.run(recipe_of("infogan"))
    np.testing.assert_array_equal(run.traversal_values(1), np.linspace(-1, 1, 11, dtype=np.float32))
    monkeypatch.setattr(run.model, "traversal_values", lambda latent: [[0.1, 0.2, 0.3], [0.5]][latent])
    codes = np.array([[0.1, 0.5], [0.2, 0.5], [0.3, 0.5]], np.float32)
    np.testing.assert_array_equal(run.traverse(0), run.decode(codes))
    monkeypatch.setattr(run.model, "traversal_values", lambda latent: [])
    with pytest.raises(UsageError, match=r"traversal_values\(0\) of the model gave \[\], expected finite numbers"):
        run.traverse(0)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((3,), "expected a latent from 0 to 2, found 3"),
        ((-1,), "found -1"),
        ((0.0,), "found 0.0"),
        ((0, [1, 2]), r"expected a code \(3,\), found \(2,\)"),
        ((0, np.zeros((2, 3))), r"found \(2, 3\)"),
        ((0, "text"), r"expected a code \(3,\)"),
        ((0, None, [np.nan]), r"expected finite values \(n,\), found \[nan\]"),
        ((0, None, [[1]]), r"found \[\[1.0\]\]"),
    ],
)
def test_what_cannot_be_traversed_is_refused(tiny_run: bvtk.Run, arguments: tuple, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        tiny_run.traverse(*arguments)


def test_a_model_that_makes_no_images_has_no_traversals(workplace: Path) -> None:
    run = bvtk.run(recipe_of("ground_truth"))
    with pytest.raises(UsageError, match="model 'ground_truth' does not decode"):
        run.traverse(0)


def test_an_export_of_format_1_is_traversed_if_it_has_a_posterior() -> None:
    run = bvtk.load(Path(__file__).parent / "data/format-1.safetensors")
    np.testing.assert_array_equal(run.traversal_values(0), np.linspace(-3, 3, 11, dtype=np.float32))
    assert run.traverse(2).shape == (11, 1, 12, 12)


def test_the_folder_and_the_log_of_a_run(tiny_run: bvtk.Run, tmp_path: Path) -> None:
    assert tiny_run.folder == tiny_run.path.parent
    log = tiny_run.log()
    assert log["step"] == [10, 20, 30, 40]
    assert {len(column) for column in log.values()} == {4}
    alone = bvtk.load(tiny_run.path)
    assert alone.folder is None
    with pytest.raises(UsageError, match="has no training log"):
        alone.log()
