"""The report in a real browser: every figure loads, and the console stays quiet."""

import json
import re
import shutil
import subprocess
from html import unescape

import numpy as np
import pytest
from PIL import Image

from bvtk.report.page import write_report
from tests.report.examples import HOSTILE, made_up

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed")

CHECK = """
<script>addEventListener("load", () => {
  const images = [...document.images].map(i => [i.complete, i.naturalWidth, i.naturalHeight, i.clientWidth]);
  const facts = {images, wide: document.documentElement.scrollWidth, shown: document.documentElement.clientWidth};
  document.body.insertAdjacentHTML("beforeend", "<pre id=facts></pre>");
  document.getElementById("facts").textContent = JSON.stringify(facts);
})</script>
"""


def browse(folder, page, *arguments):
    """Runs Chromium on a page; gives its standard output, and what the page's console said."""
    done = subprocess.run(
        [
            *(BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
            *(
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--disable-dev-shm-usage",
            ),
            *("--enable-logging=stderr", "--v=0", f"--user-data-dir={folder / 'profile'}"),
            *arguments,
            page.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=600,
        check=True,
    )
    return done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line]


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    write_report(folder, made_up(summary=HOSTILE, warnings=[HOSTILE]))
    return folder / "report.html"


def test_the_page_as_it_is_draws_and_its_console_is_quiet(report, tmp_path):
    picture = tmp_path / "page.png"
    _, console = browse(tmp_path, report, f"--screenshot={picture}", "--window-size=1200,1600")
    assert console == []
    pixels = np.asarray(Image.open(picture).convert("L"))
    assert pixels.shape[1] == 1200
    assert pixels.std() > 10


@pytest.mark.parametrize("width", [1200, 500])
def test_every_figure_loads_and_nothing_overflows(report, tmp_path, width):
    # A copy that may run one script more than the page itself: it writes down what the browser loaded.
    page = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", report.read_text(encoding="utf-8"))
    copy = tmp_path / "copy.html"
    copy.write_text(page.replace("<details>", "<details open>").replace("</body>", CHECK + "</body>"), encoding="utf-8")
    dom, console = browse(tmp_path, copy, "--dump-dom", f"--window-size={width},900")
    assert console == []
    facts = json.loads(unescape(re.search(r'<pre id="facts">(.*?)</pre>', dom, re.DOTALL).group(1)))
    assert len(facts["images"]) == len(re.findall("<img ", page))
    for complete, natural_width, natural_height, client_width in facts["images"]:
        assert complete
        assert min(natural_width, natural_height, client_width) > 0
    assert facts["wide"] <= facts["shown"]


def test_a_broken_page_would_be_noticed(report, tmp_path):
    broken = tmp_path / "broken.html"
    broken.write_text(
        report.read_text(encoding="utf-8").replace("</body>", "<script>1</script></body>"), encoding="utf-8"
    )
    _, console = browse(tmp_path, broken, f"--screenshot={tmp_path / 'b.png'}", "--window-size=600,400")
    assert any("Content Security Policy" in line for line in console)
