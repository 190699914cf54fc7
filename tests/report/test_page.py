from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bvtk.report.figures import draw_figures
from bvtk.report.page import render_card, render_page, usage, write_report
from tests.report.examples import HOSTILE, hostile, made_up

FIGURES = draw_figures(made_up())
PARTS = (
    "<script>",
    "</title>",
    "</pre>",
    "-->",
    "<!--",
    '" onload="x',
    "' x='",
    "{{",
    "{%",
    "&lt;",
    "]]>",
    "\x00",
    "é",
)


class Skeleton(HTMLParser):
    """The tags of a page with the names of their attributes, and its text."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.text = [], ""
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, *(name for name, _ in attributes)))

    def handle_endtag(self, tag):
        self.tags.append(("/" + tag,))

    def handle_data(self, data):
        self.text += data


def test_the_page_fetches_and_runs_nothing():
    page = render_page(made_up(), FIGURES)
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]+)"', page)
    assert policy.startswith("default-src 'none'; img-src data:; style-src 'sha256-")
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL).group(1)
    assert base64.b64encode(hashlib.sha256(style.encode()).digest()).decode() in policy
    assert not re.search(r"<script|\sstyle=|\son\w+=|@import|url\(|https?://", page)
    assert set(re.findall(r'\bsrc="([^,"]+),', page)) == {"data:image/png;base64"}


def test_every_figure_is_there_with_its_words():
    page = render_page(made_up(), FIGURES)
    alts = re.findall(r'<img [^>]*alt="([^"]+)"', page)
    assert len(alts) == len(FIGURES.all())


def test_headline_numbers_come_before_all_figures():
    page = render_page(made_up(), FIGURES)
    assert page.index("0.900") < page.index("<img")
    assert page.index("chance 0.25") < page.index("<img")


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.one_of(st.sampled_from(PARTS), st.text(max_size=8)), min_size=1).map("".join))
def test_no_name_changes_the_skeleton(text):
    usual = Skeleton(render_page(hostile("plain"), FIGURES))
    found = Skeleton(render_page(hostile("x" + text), FIGURES))
    assert found.tags == usual.tags


def test_hostile_names_are_shown_as_they_are():
    figures = draw_figures(hostile(HOSTILE))
    shown = " ".join(Skeleton(render_page(hostile(HOSTILE), figures)).text.split())
    assert " ".join(HOSTILE.split()) in shown


@pytest.mark.parametrize("inputs", [made_up(factors=False), made_up(log=[], evaluations=[], scores={})])
def test_sections_without_content_are_left_out(inputs):
    page = render_page(inputs, draw_figures(inputs))
    assert ('id="factors"' in page) == bool(inputs.curves)
    assert ('id="training"' in page) == bool(inputs.log)
    for target in re.findall(r'href="#(\w+)"', page):
        assert f'id="{target}"' in page


def test_a_model_without_posterior_and_decoder_has_no_empty_sections():
    inputs = made_up(reconstructions=None, traversals=None, kl_per_latent=None, log=[], reads="factors", scores={})
    page = render_page(inputs, draw_figures(inputs))
    found = set(re.findall(r'<section[^>]* id="(\w+)"', page))
    assert found == {"factors", "scores", "recipe", "use", "environment"}
    assert set(re.findall(r'href="#(\w+)"', page)) <= found
    assert "z = run.encode(factors)" in page
    assert "run.decode" not in page
    assert "posterior" not in page.replace(inputs.recipe, "")
    assert 'aria-label="On held-out images"' not in page


def test_without_a_prior_traversals_are_in_the_latents_own_deviations():
    inputs = made_up(kl_per_latent=None)
    page = render_page(inputs, draw_figures(inputs))
    assert "from −3 to 3, in its own standard deviations around its mean. The" in page
    assert "of the prior" not in page
    assert "(n, 4) codes" in page
    assert "(n, 4) posterior means" in render_page(made_up(), FIGURES)


def test_traversals_through_the_values_of_the_model():
    inputs = made_up(kl_per_latent=None, spans=[(-1.0, -0.5, 0.0, 0.5, 1.0)] * 4, own_values=True)
    figures = draw_figures(inputs)
    page = render_page(inputs, figures)
    assert "from −1 to 1, the values that the model gives for it. The" in page
    assert "<span>−1</span><span>0</span><span>+1</span>" in page
    assert "goes from -1 to +1, with one row per image" in figures.traversals[0].alt
    usual = render_page(made_up(), FIGURES)
    assert "from −3 to 3, in standard deviations of the prior. The" in usual
    assert "<span>−3 σ</span><span>0</span><span>+3 σ</span>" in usual


def test_images_that_trained_are_not_called_held_out():
    scores = made_up().scores | {"held_out": {"trained_on": True, "elbo": -1.0}}
    assert "did not train on" not in render_page(made_up(scores=scores), FIGURES)


def test_of_a_model_that_learns_nothing_no_image_is_said_to_have_trained_or_not():
    assert "<p>Images, and their reconstructions" in render_page(made_up(learns=False), FIGURES)
    assert "<p>Images that the model did not train on, and" in render_page(made_up(), FIGURES)


def test_no_unit_is_claimed_of_every_term():
    """An accuracy and a weight are not in nats: units stand in the panels."""
    assert "losses are in nats" not in render_page(made_up(), FIGURES)


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


def outside_of_blocks(card):
    return re.sub(r"^(`{3,})\w*\n.*?^\1$", "", card, flags=re.DOTALL | re.MULTILINE)


def test_the_card_has_scores_pictures_use_and_recipe():
    card = render_card(made_up(plugins=("mine.py",)), draw_figures(made_up()))
    assert card.startswith("# made-up\n")
    assert "| β-VAE score (paper) | 0.900 | 0.250 |" in card
    assert "(figures/reconstructions.png)" in card
    assert 'bvtk.load("model.safetensors")' in card
    assert "```yaml\nname: made-up\nseed: 0\n```" in card
    assert "needs these plugins: mine.py" in card


def test_the_card_of_a_model_that_reads_factors_shows_and_uses_what_there_is():
    inputs = made_up(
        reconstructions=None, traversals=None, kl_per_latent=None, reads="factors", scores={}, log=[], evaluations=[]
    )
    card = render_card(inputs, draw_figures(inputs))
    assert re.findall(r"\(figures/([^)]+)\)", card) == ["dependence.png", "activation.png"]
    assert "z = run.encode(factors)" in card
    assert "run.decode" not in card
    assert "It takes the factor values of its data set" in card
    assert "## What its latents follow" in card
    assert "`report.html` shows every part of each score." in card


def test_the_card_names_what_the_report_shows():
    card = render_card(made_up(), draw_figures(made_up()))
    assert "## What it learnt" in card
    assert "`report.html` shows traversals, training curves and every part of each score." in card


def test_a_recipe_cannot_end_its_own_block():
    card = render_card(made_up(recipe="a\n````\n# not a heading"), draw_figures(made_up()))
    assert card.rstrip().endswith("`````yaml\na\n````\n# not a heading\n`````")


def test_hostile_names_stay_text():
    card = render_card(hostile(HOSTILE), draw_figures(made_up()))
    outside = outside_of_blocks(card)
    assert not re.search(r"(?<!\\)<script|(?<!\\)\[l\]|^# h", outside, re.MULTILINE)
    assert len(re.findall(r"^# ", outside, re.MULTILINE)) == 1


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.sampled_from([*PARTS, "|", "\\", "\n", "\r", "`", "#"]) | st.text(max_size=6), min_size=1).map("".join)
)
def test_no_name_breaks_the_card(text):
    usual, outside = (outside_of_blocks(render_card(hostile(name), FIGURES)) for name in ("x", "x" + text))
    rows = [line for line in outside.split("\n") if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)(?:\\\\)*\|", row)) for row in rows} == {5}
    assert not re.search(r"(?<!\\)<", outside)
    assert len(re.findall(r"^#+ ", outside, re.MULTILINE)) == len(re.findall(r"^#+ ", usual, re.MULTILINE))


def test_the_code_calls_what_the_model_can_do():
    assert usage(made_up()).split("\n")[2:] == [
        'run = bvtk.load("model.safetensors")',
        "z = run.encode(images)   # (n, C, H, W) in [0, 1] → (n, 4) posterior means",
        "x = run.decode(z)        # images of codes, (n, C, H, W) in [0, 1]",
    ]
    alone = usage(made_up(traversals=None, kl_per_latent=None, reads="factors", export='a"b'))
    assert alone.split("\n")[2:] == [
        'run = bvtk.load("a\\"b")',
        "z = run.encode(factors)  # (n, k) from 0 → (n, 4) codes",
    ]
