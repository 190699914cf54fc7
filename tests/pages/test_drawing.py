import io
import os
import subprocess
import sys
from pathlib import Path

import matplotlib
from PIL import Image

from bvtk.pages.drawing import DOTS, SERIES, colours, label, new_figure, plain, png
from bvtk.report.charts import kl_chart


def test_a_figure_is_a_picture_of_its_size_and_always_the_same():
    def once():
        figure = new_figure(3.0, 2.0)
        label(figure.add_subplot(), "$x_{", "nats")
        return png(figure)

    assert Image.open(io.BytesIO(once())).size == (3 * DOTS, 2 * DOTS)
    assert once() == once()


DRAW = """
import hashlib
from bvtk.comparison.views.draw import Panel, curves
from bvtk.report.charts import kl_chart
panel = Panel("MIG", {"a": [(1.0, 0.2, 0.05), (4.0, 0.3, None)]})
for drawn in (kl_chart([1.0, 2.0], [1, 0], ["z0", "z1"], [True, True]), curves([panel], "β", True)):
    print(hashlib.sha256(drawn).hexdigest())
"""


def drawn(folder, **environment):
    """The SHA-256 of two charts that are drawn in a folder."""
    home = {"HOME": str(folder), "BVTK_CACHE": str(folder / "cache"), "PYTHONPATH": str(Path.cwd())}
    usual = {name: value for name, value in os.environ.items() if not name.startswith(("MPL", "MATPLOTLIB", "XDG"))}
    command = [sys.executable, "-c", DRAW]
    done = subprocess.run(
        command, cwd=folder, env=usual | home | environment, capture_output=True, text=True, timeout=60, check=True
    )
    assert not done.stderr
    return done.stdout


def test_no_settings_of_others_change_a_chart(tmp_path):
    usual, odd = tmp_path / "plain", tmp_path / "odd"
    for folder in (usual, odd):
        folder.mkdir()
    os.mkfifo(odd / "matplotlibrc")
    settings = odd / ".config/matplotlib/matplotlibrc"
    settings.parent.mkdir(parents=True)
    settings.write_text("text.usetex: True\nsavefig.dpi: 10\nno such key: 1\n")
    assert drawn(odd, MPLBACKEND="no backend", MATPLOTLIBRC=str(settings)) == drawn(usual)
    assert {path.name for path in usual.iterdir()} == {"cache"}
    assert all(path.name.startswith("fontlist-") for path in (usual / "cache/matplotlib").iterdir())


def test_a_notebook_keeps_its_own_settings():
    own = {"text.usetex": True, "font.size": 40.0, "savefig.dpi": 10.0}
    usual = kl_chart([1.0], [0], ["z0"], [True])
    with matplotlib.rc_context(own):
        assert kl_chart([1.0], [0], ["z0"], [True]) == usual
        assert {key: matplotlib.rcParams[key] for key in own} == own


def test_colours_come_again_where_there_are_many():
    assert colours(8) == [*SERIES, *SERIES[:2]]


def test_text_is_no_formula_and_fits():
    assert plain("a_b\n$c$") == r"a b \$c\$"
    assert plain("x" * 30) == "x" * 23 + "…"
    assert plain("x" * 30, 30) == "x" * 30
