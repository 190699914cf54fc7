import re

import numpy as np

from bvtk.report.write import write_report
from tests.report.examples import made_up


def test_writes_page_card_and_figures(tmp_path):
    page = write_report(tmp_path, made_up())
    assert page == tmp_path / "report.html"
    card = (tmp_path / "README.md").read_text(encoding="utf-8")
    figures = {path.name for path in (tmp_path / "figures").iterdir()}
    assert {"reconstructions.png", "traversal-00.png", "activation.png", "kl.png", "training.png"} <= figures
    assert set(re.findall(r"\(figures/([^)]+)\)", card)) <= figures


def test_many_latents_of_colour_images_stay_light(tmp_path):
    noise = np.random.default_rng(0).random((1, 3, 11, 3, 64, 64))
    smooth = noise.mean(axis=(4, 5), keepdims=True) + 0.1 * noise
    inputs = made_up(count=32, rows=3, columns=11, shape=(3, 64, 64), traversals=np.repeat(smooth, 32, axis=0))
    page = write_report(tmp_path, inputs)
    assert page.stat().st_size < 5e6


def test_writing_again_gives_the_same_bytes(tmp_path):
    first = write_report(tmp_path, made_up()).read_bytes()
    assert write_report(tmp_path, made_up()).read_bytes() == first
