"""Writes a report into a run folder."""

from __future__ import annotations

from pathlib import Path

from bvtk.files import write_bytes_atomic, write_text_atomic
from bvtk.report.card import render_card
from bvtk.report.figures import draw_figures
from bvtk.report.inputs import ReportInputs
from bvtk.report.page import render_page


def write_report(folder: Path, inputs: ReportInputs) -> Path:
    """Writes `figures/*.png`, the model card `README.md` and the self-contained `report.html`, and returns the page."""
    figures = draw_figures(inputs)
    (folder / "figures").mkdir(parents=True, exist_ok=True)
    for figure in figures.all():
        write_bytes_atomic(folder / "figures" / figure.file, figure.png)
    write_text_atomic(folder / "README.md", render_card(inputs, figures))
    page = folder / "report.html"
    write_text_atomic(page, render_page(inputs, figures))
    return page
