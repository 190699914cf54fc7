"""The page in a real browser: every plot loads, nothing overflows, and the console stays quiet."""

import json
import re
from html import unescape

import pytest

from bvtk.recipe.sweep_schema import Published
from tests.comparison.tables import over, table_of
from tests.report.examples import HOSTILE
from tests.report.test_browser import BROWSER, CHECK, browse

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed")


def test_every_plot_loads_and_nothing_overflows(tmp_path):
    published = Published(source=HOSTILE, scores={"mig": {"toy": (0.1, None)}})
    table = table_of(over(beta=(1, 4)), ["mig"], published=published, left_out=(HOSTILE,))
    page = tmp_path / "page.html"
    page.write_text(table.to_html(), encoding="utf-8")
    _, console = browse(tmp_path, page, f"--screenshot={tmp_path / 'page.png'}", "--window-size=1200,1600")
    assert console == []
    text = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page.read_text(encoding="utf-8"))
    copy = tmp_path / "copy.html"
    copy.write_text(text.replace("<details>", "<details open>").replace("</body>", CHECK + "</body>"), encoding="utf-8")
    dom, _ = browse(tmp_path, copy, "--dump-dom", "--window-size=500,900")
    facts = json.loads(unescape(re.search(r'<pre id="facts">(.*?)</pre>', dom, re.DOTALL).group(1)))
    assert len(facts["images"]) == 3
    assert all(complete and min(sizes) > 0 for complete, *sizes in facts["images"])
    assert facts["wide"] <= facts["shown"]
