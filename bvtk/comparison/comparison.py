"""The result of a comparison, and every form in which it is shown."""

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
    """Runs side by side, as `bvtk.compare` returns them."""

    def to_markdown(self) -> str:
        """The table as Markdown, the best figures in bold, a caption below."""
        return markdown(self)

    def to_csv(self) -> str:
        """The table as CSV: value, spread and number of runs of every figure."""
        return csv_text(self)

    def to_json(self) -> dict[str, Any]:
        """Everything: the table, and the recipe, scores and curves of every run; `bvtk.compare` reads it back."""
        return document(self)

    def to_html(self, pictures: bool = False) -> str:
        """The table and its plots as one page that fetches nothing.

        Args:
            pictures: whether to show a run of every row with its traversals and latents.
        """
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
