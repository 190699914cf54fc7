import io

import numpy as np
import pytest
from PIL import Image

from bvtk.report.grids import BUDGET, GAP, fit, fit_all, grid_png


def pixels(png):
    return np.asarray(Image.open(io.BytesIO(png)))


def test_a_grid_pixel_by_pixel():
    images = np.zeros((2, 3, 1, 64, 32))
    images[1, 2, 0, 5, 7] = 1.0
    grid = pixels(grid_png(images))
    assert grid.shape == (2 * 64 + GAP, 3 * 32 + 2 * GAP, 2)
    assert np.argwhere(grid[..., 0] == 255).tolist() == [[64 + GAP + 5, 2 * (32 + GAP) + 7]]
    assert (grid[64 : 64 + GAP, :, 1] == 0).all()
    assert (grid[:64, :32, 1] == 255).all()


def test_few_small_images_are_enlarged_pixel_by_pixel():
    fitted = fit(np.arange(4.0).reshape(1, 1, 1, 2, 2))
    assert fitted.shape == (1, 1, 1, 128, 128)
    assert (fitted[..., :64, 64:] == 1.0).all()
    assert fit(np.zeros((2, 3, 1, 64, 64))).shape == (2, 3, 1, 128, 128)


@pytest.mark.parametrize(("channels", "bands"), [(1, 2), (2, 2), (3, 4), (5, 4)])
def test_any_number_of_channels(channels, bands):
    assert pixels(grid_png(np.random.default_rng(0).random((1, 2, channels, 8, 8)))).shape[2] == bands


def test_values_outside_the_range_are_clipped():
    grid = pixels(grid_png(np.array([-0.5, 0.5, 1.5]).reshape(1, 3, 1, 1, 1)))
    assert np.unique(grid[grid[..., 1] == 255][:, 0]).tolist() == [0, 128, 255]


def test_too_many_pixels_are_averaged_down():
    images = np.ones((32, 2, 11, 3, 64, 64), np.float32)
    images[..., ::2] = 0
    fitted = fit(images)
    assert fitted.shape == (32, 2, 11, 3, 32, 32)
    assert fitted.size <= BUDGET * 2
    assert (fitted == 0.5).all()


@pytest.mark.parametrize("side", [8, 64])
def test_grids_of_other_lengths_are_scaled_alike(side):
    images = np.random.default_rng(0).random((32, 3, 11, 1, side, side)).astype(np.float32)
    np.testing.assert_array_equal(np.stack(fit_all(images)), fit(images))
    short, long = fit_all([images[0, :, :2], images[1]])
    assert (short.shape[:2], long.shape[:2]) == ((3, 2), (3, 11))
    assert short.shape[2:] == long.shape[2:]
