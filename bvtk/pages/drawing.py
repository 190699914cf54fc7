"""The style of all charts, and PNG that does not depend on the machine, the user or the working folder.

This is the only file that imports matplotlib; charts import from here what they need of it.
"""

from __future__ import annotations

import io
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from bvtk.data.cache import cache_folder
from bvtk.errors import DataError
from bvtk.pages.markdown import one_line


@contextmanager
def _unconfigured() -> Iterator[None]:
    """Imports matplotlib without settings of the working folder, the environment and the home folder.

    It looks for `matplotlibrc` in the working folder first, whatever the environment says. The file may come with a
    recipe of somebody else; it could start LaTeX, or hang the import. The list of fonts is kept in bvtk's cache.
    """
    if "matplotlib" in sys.modules:
        yield
        return
    before, exists = dict(os.environ), os.path.exists
    for name in ("MPLBACKEND", "MATPLOTLIBRC"):
        os.environ.pop(name, None)
    with suppress(DataError):  # no home folder
        os.environ["MPLCONFIGDIR"] = str(cache_folder() / "matplotlib")
    os.path.exists = lambda path: path != "matplotlibrc" and exists(path)
    try:
        yield
    finally:
        os.path.exists = exists
        os.environ.clear()
        os.environ.update(before)
    if backend := before.get("MPLBACKEND"):
        with suppress(ValueError):  # for the figures of the user in the same notebook
            matplotlib.rcParams["backend"] = backend


with _unconfigured():
    import matplotlib
    from matplotlib.axes import Axes as Axes
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D as Line2D
    from matplotlib.ticker import FixedLocator as FixedLocator
    from matplotlib.ticker import FuncFormatter as FuncFormatter
    from matplotlib.ticker import LogLocator as LogLocator
    from matplotlib.ticker import MaxNLocator as MaxNLocator
    from matplotlib.ticker import NullLocator as NullLocator
    from matplotlib.ticker import StrMethodFormatter as StrMethodFormatter

with_defaults = matplotlib.rc_context(
    {key: value for key, value in matplotlib.rcParamsDefault.items() if key != "backend"}
)
"""Decorates a function that draws: matplotlib's own settings hold, even if a notebook has changed them."""

INK = "#1c2024"
MUTED = "#80868d"
FAINT = "#e4e6e8"
ACCENT = "#2f6fb5"
SERIES = ("#2f6fb5", "#c2571a", "#3d8a5f", "#8a5aa8", "#9a7b1f", "#b5476b")
"""Distinct also for colour-blind people, and in grey."""
DOTS = 200
"""Dots per inch."""


def colours(count: int) -> list[str]:
    """A colour for each of several series."""
    return [SERIES[number % len(SERIES)] for number in range(count)]


def new_figure(width: float, height: float) -> Figure:
    """An empty figure of this size in inches, without global state."""
    figure = Figure(figsize=(width, height), dpi=DOTS, layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def png(figure: Figure) -> bytes:
    """A figure as PNG; the same figure gives the same bytes."""
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph")  # characters that the font lacks are drawn as boxes
        figure.savefig(file, format="png", metadata={"Software": None})
    return file.getvalue()


def label(axes: Axes, title: str, unit: str = "") -> None:
    """Gives axes a title on the left, a unit on the right, and a light frame."""
    axes.set_title(plain(title), size=9.5, color=INK, loc="left", weight="bold")
    if unit:
        axes.set_title(unit, size=8, color=MUTED, loc="right")
    axes.tick_params(length=0, labelsize=8, labelcolor=MUTED, which="both")
    axes.grid(color=FAINT, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[:].set_visible(False)
    axes.spines["bottom"].set(visible=True, color=MUTED, linewidth=0.8)


def plain(text: str, most: int = 24) -> str:
    """Text on one line that matplotlib does not read as a formula, cut to a length."""
    line = one_line(text).replace("_", " ")
    return (line if len(line) <= most else line[: most - 1] + "…").replace("$", r"\$")
