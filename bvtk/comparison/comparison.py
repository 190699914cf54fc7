"""The result of `bvtk.compare`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bvtk.comparison.contents.saved import document
from bvtk.comparison.contents.table import Table
from bvtk.comparison.views.text import csv_text, markdown
from bvtk.files import write_bytes_atomic


@dataclass(frozen=True)
class Comparison(Table):
    """A table of runs, with methods that show it."""

    def to_markdown(self) -> str:
        """The table as Markdown, with the best values in bold and notes below."""
        return markdown(self)

    def to_csv(self) -> str:
        """The table as CSV: value and spread of every column, and the number of runs."""
        return csv_text(self)

    def to_json(self) -> dict[str, Any]:
        """The table, and the recipe, scores and curves of every run. `bvtk.compare` can read it again from a file."""
        return document(self)

    def to_html(self, pictures: bool = False) -> str:
        """The table and its plots as one page; with `pictures` also latents and traversals of one run of every row."""
        from bvtk.comparison.views.page import render_page

        return render_page(self, pictures)

    def figures(self) -> dict[str, bytes]:
        """The plots as PNG, by name."""
        from bvtk.comparison.views.plots import plots

        return {plot.name: plot.png for plot in plots(self)}

    def write_figures(self, folder: Path) -> list[Path]:
        """Writes every plot as `<name>.png`."""
        folder.mkdir(parents=True, exist_ok=True)
        written = []
        for name, png in self.figures().items():
            written.append(folder / f"{name}.png")
            write_bytes_atomic(written[-1], png)
        return written
