import re

from hypothesis import given, settings
from hypothesis import strategies as st

from bvtk.report.card import render_card, usage
from bvtk.report.figures import draw_figures
from tests.report.examples import HOSTILE, hostile, made_up
from tests.report.test_page import FIGURES, PARTS


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
