import io

import numpy as np
import pytest
from PIL import Image

from bvtk.report.figures import draw_figures
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
