"""Rendered sprites compared with labelled frames and published pixel counts of the official set."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bvtk.data.dsprites_renderer import SCALES, SHAPES, draw, fill, outline

FRAMES = Path(__file__).parents[3] / "shared" / "data" / "dsprites_frames.npz"

COUNTS = {
    "square": ([100, 144, 196, 256, 324, 400], 0),
    "ellipse": ([76, 104, 144, 184, 228, 288], 0),
    "heart": ([58, 84, 108, 140, 182, 222], 2),
}


@pytest.mark.skipif(not FRAMES.exists(), reason="the labelled frames are not beside this checkout")
def test_frames_of_the_official_animation() -> None:
    with np.load(FRAMES, allow_pickle=False) as frames:
        images, classes = frames["imgs"], frames["latents_classes"]
    wrong = []
    for image, (_, shape, scale, orientation, x, y) in zip(images, classes.tolist(), strict=True):
        drawn = draw(SHAPES[shape], SCALES[scale], orientation)[x * 32 + y]
        wrong.append(int((drawn != image).sum()))
    assert len(wrong) == 129
    assert max(wrong) <= 2
    assert np.mean(wrong) <= 0.25


@pytest.mark.parametrize("shape", SHAPES)
def test_official_pixel_counts(shape: str) -> None:
    counts, tolerance = COUNTS[shape]
    drawn = [int(draw(shape, scale, 0)[0].sum()) for scale in SCALES]
    assert np.abs(np.subtract(drawn, counts)).max() <= tolerance


@pytest.mark.parametrize("shape", SHAPES)
def test_the_first_and_the_last_orientation_are_the_same(shape: str) -> None:
    assert (draw(shape, 0.8, 0) == draw(shape, 0.8, 39)).all()
    assert (draw(shape, 0.8, 0) != draw(shape, 0.8, 1)).any()


@pytest.mark.parametrize("shape", SHAPES)
def test_images_are_binary_complete_and_at_their_position(shape: str) -> None:
    images = draw(shape, 1.0, 7)
    assert images.shape == (1024, 64, 64)
    assert images.dtype == np.uint8
    assert set(np.unique(images)) == {0, 1}
    assert images[:, [0, -1]].sum() == 0
    assert images[:, :, [0, -1]].sum() == 0
    lit = images.sum(axis=(1, 2), dtype=float)
    column = (images.sum(axis=1) * (np.arange(64) + 0.5)).sum(axis=1) / lit
    row = (images.sum(axis=2) * (np.arange(64) + 0.5)).sum(axis=1) / lit
    x, y = np.divmod(np.arange(1024), 32)
    assert np.ptp(column - x * 32 / 31) < 0.5
    assert np.ptp(row - y * 32 / 31) < 0.5


@pytest.mark.parametrize("shape", SHAPES)
def test_the_last_position_is_the_first_moved_by_32_pixels(shape: str) -> None:
    images = draw(shape, 0.9, 5).reshape(32, 32, 64, 64)
    assert (images[31, 0, :, 32:] == images[0, 0, :, :32]).all()
    assert (images[0, 31, 32:] == images[0, 0, :32]).all()


def test_the_tip_of_the_heart_points_down() -> None:
    heart = draw("heart", 1.0, 0)[0]
    rows = np.nonzero(heart.any(axis=1))[0]
    assert heart[rows[-1]].sum() < heart[rows[len(rows) // 2]].sum()
    assert (heart[:, :32] == heart[:, :32][:, ::-1]).all()


def test_the_square_and_the_ellipse_are_symmetric() -> None:
    for shape in ("square", "ellipse"):
        image = draw(shape, 1.0, 0)[0][:32, :32]
        assert (image == image[::-1]).all()
        assert (image == image[:, ::-1]).all()


def test_fill_counts_the_centres_inside() -> None:
    triangle = np.array([(0.0, 0.0), (4.0, 0.0), (0.0, 4.0)])
    drawn = fill(triangle, np.arange(5) + 0.5)
    expected = [[1, 1, 1, 1, 0], [1, 1, 1, 0, 0], [1, 1, 0, 0, 0], [1, 0, 0, 0, 0], [0, 0, 0, 0, 0]]
    # The centres (3.5, .5) to (.5, 3.5) lie on the long side itself.
    inside = drawn | np.fliplr(np.eye(5, k=1, dtype=np.uint8))
    assert inside.tolist() == expected


def test_outlines_have_the_measured_sizes() -> None:
    assert np.abs(outline("square")).min() == 9.598
    ellipse = outline("ellipse")
    assert len(ellipse) == 64
    assert ellipse[0] == pytest.approx([12.78, 0])
    assert ellipse[16] == pytest.approx([0, 7.22])
    heart = outline("heart")
    assert heart[:, 1].max() == pytest.approx(9.716, abs=0.01)
    assert heart[:, 0].max() == pytest.approx(9.591, abs=0.001)
    assert heart[:, 0].min() == pytest.approx(-9.591, abs=0.001)
