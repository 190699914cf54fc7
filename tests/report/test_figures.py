from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from bvtk.report.figures import BUDGET, GAP, draw_figures, fit, fit_all, grid_png
from tests.report.examples import HOSTILE, hostile, made_up


@pytest.mark.parametrize(
    "inputs",
    [
        made_up(),
        made_up(factors=False),
        made_up(count=1, rows=1, columns=3, shape=(3, 9, 7)),
        made_up(log=[], evaluations=[]),
        made_up(positions=None),
        made_up(curves={}),
        made_up(kl_per_latent=np.zeros(4), active=np.zeros(4, bool)),
        made_up(kl_per_latent=None),
        made_up(reconstructions=None, traversals=None, kl_per_latent=None, log=[]),
        made_up(count=32, latents=range(2000, 2032)),
        hostile(HOSTILE),
    ],
    ids=[
        *("usual", "no factors", "tiny", "no log", "no positions", "no curves", "collapsed"),
        *("no posterior", "no decoder", "wide", "hostile"),
    ],
)
def test_every_figure_is_a_picture_with_words(inputs):
    figures = draw_figures(inputs)
    drawn = figures.all()
    assert len({figure.file for figure in drawn}) == len(drawn)
    for figure in drawn:
        picture = Image.open(io.BytesIO(figure.png))
        picture.load()
        assert min(picture.size) > 10
        assert figure.alt


def test_traversals_come_in_the_order_of_kl_the_quiet_ones_apart():
    figures = draw_figures(made_up())
    assert [figure.title for figure in figures.traversals] == ["z0", "z1", "z2"]
    assert [figure.title for figure in figures.quiet] == ["z3"]


def test_traversals_say_what_they_follow():
    first, second, third = draw_figures(made_up()).traversals
    assert first.note.endswith("follows x (100 %)")
    assert second.note.endswith("follows scale (100 %)")
    assert third.note.endswith("follows no single factor")


def test_without_a_posterior_traversals_tell_their_spread():
    figures = draw_figures(made_up(kl_per_latent=None, spread=np.array([0.5, 1.0, 2.0, 0.1])))
    assert [figure.title for figure in figures.traversals] == ["z2", "z1", "z0"]
    assert figures.traversals[0].note.startswith("σ 2 ·")
    assert figures.kl is None


def test_what_a_model_cannot_make_is_not_drawn():
    figures = draw_figures(made_up(reconstructions=None, traversals=None, kl_per_latent=None, log=[]))
    assert [figure.file for figure in figures.all()] == ["dependence.png", "activation.png"]


def test_figures_are_the_same_each_time():
    first, again = draw_figures(made_up()).all(), draw_figures(made_up()).all()
    assert [figure.png for figure in first] == [figure.png for figure in again]


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
