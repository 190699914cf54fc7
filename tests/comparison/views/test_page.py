import base64
import hashlib
import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.numpy import save_file

from bvtk.comparison.contents.keys import Measured
from bvtk.comparison.contents.rows import Row
from bvtk.comparison.views import page
from bvtk.comparison.views.page import gallery_of, render_page
from bvtk.errors import RunError
from bvtk.recipe.sweep_schema import Published
from bvtk.report.figures import grid_png
from tests.comparison.tables import measured, over, table_of
from tests.report.examples import HOSTILE
from tests.report.test_page import PARTS, Skeleton

TABLE = table_of(over(beta=(1.0, 4.0)), columns=["mig", "held_out.reconstruction"])
PNG = grid_png(np.zeros((1, 2, 1, 4, 4)))


def hostile(text):
    runs = [Measured(text, {"name": text, "seed": text, "a": value}, {text: {"score": 0.1}}) for value in (text, "b")]
    published = Published(source=text, scores={text: {text: (0.1, None)}})
    return table_of(runs, columns=[text, "a"], published=published, left_out=(text,))


def test_the_page_fetches_and_runs_nothing():
    text = render_page(TABLE)
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]+)"', text)
    assert policy.startswith("default-src 'none'; img-src data:; style-src 'sha256-")
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL).group(1)
    assert base64.b64encode(hashlib.sha256(style.encode()).digest()).decode() in policy
    assert not re.search(r"<script|\sstyle=|\son\w+=|@import|url\(|https?://", text)
    assert set(re.findall(r'\bsrc="([^,"]+),', text)) == {"data:image/png;base64"}
    for target in re.findall(r'href="#([\w-]+)"', text):
        assert f'id="{target}"' in text


def test_table_plots_and_runs_are_on_it():
    text = render_page(TABLE)
    assert '<th scope="row">toy (beta=4)</th><td class="figure">0.105 ± 0.007</td>' in text
    assert text.count("<b>31.0 ± 0.0</b>") == 1
    assert len(re.findall("<img ", text)) == 3
    assert "Values of each run" in text


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.one_of(st.sampled_from(PARTS), st.text(max_size=8)), min_size=1).map("".join))
def test_no_name_changes_the_skeleton(text):
    drawn, page.plots = page.plots, lambda table: []
    try:
        usual, found = (Skeleton(render_page(hostile(name))) for name in ("plain", "x" + text.replace(":", "")))
    finally:
        page.plots = drawn
    assert found.tags == usual.tags


def test_hostile_names_are_shown_as_they_are():
    shown = " ".join(Skeleton(render_page(hostile(HOSTILE))).text.split())
    assert " ".join(HOSTILE.split()) in shown


def pictures_of(folder, latents):
    """The figures of a report with traversals of these latents."""
    names = ["activation", "traversal-of mine", *(f"traversal-{latent:02d}" for latent in latents), "training"]
    pictures = {name: folder / f"{name}.png" for name in names}
    for path in pictures.values():
        path.write_bytes(PNG)
    return pictures


def test_the_pictures_of_the_latents_that_carry_most(tmp_path):
    run = replace(measured(), pictures=pictures_of(tmp_path, range(3)))
    gallery = gallery_of(Row("a", "a", {}, (measured(), run)))
    assert [name for name, _ in gallery.traversals] == ["z1", "z2", "z0"]
    assert gallery_of(Row("a", "a", {}, (measured(),))) is None
    shown = render_page(table_of([run]), pictures=True)
    assert shown.count("<img ") == 4 + 1
    assert render_page(table_of([run])).count("<img ") == 1


@pytest.mark.parametrize(
    ("statistics", "order"),
    [
        ({"std": [1.0, 3.0, 2.0]}, ["z100", "z4095", "z7"]),
        ({"std": [1.0, 3.0, 2.0], "kl": [0.1, 0.0, 2.0]}, ["z4095", "z7", "z100"]),
    ],
)
def test_traversals_come_in_the_order_of_the_runs_own_report(tmp_path, statistics, order):
    path = tmp_path / "latents.safetensors"
    latents = np.array([7, 100, 4095])
    arrays = {key: np.array(v, np.float32) for key, v in (statistics | {"mean": [0.0] * 3}).items()}
    save_file({"latents": latents} | arrays, path)
    run = replace(measured(), pictures=pictures_of(tmp_path, latents), latents=path)
    assert [name for name, _ in gallery_of(Row("a", "a", {}, (run,))).traversals] == order
    path.write_bytes(b"torn")
    with pytest.raises(RunError, match=r"latents\.safetensors"):
        gallery_of(Row("a", "a", {}, (run,)))
