"""A comparison as Markdown and CSV."""

from __future__ import annotations

import csv
import io
from typing import Any

from bvtk.comparison.contents.aggregate import Summary
from bvtk.comparison.contents.table import Table
from bvtk.comparison.views.cells import Shown, captions, headings, shown_rows
from bvtk.pages.markdown import escaped, one_line


def markdown(table: Table) -> str:
    """The table as Markdown, its captions below."""
    titles = headings(table)
    lines = [
        _line([escaped(title) for title in titles]),
        "|".join(["", "---", *["--:"] * (len(titles) - 1), ""]),
        *(_line([_cell(shown) for shown in row]) for row in shown_rows(table)),
    ]
    return "\n".join([*lines, "", *(escaped(caption) for caption in captions(table))]) + "\n"


def csv_text(table: Table) -> str:
    """The table as CSV, with a column for each value, each spread and each published value."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    settings = list(dict.fromkeys(key for row in table.rows for key in row.settings))
    head = ["row", *settings]
    for column in table.columns:
        head += [column.text, f"{column.text} spread"]
        head += [f"{column.text} published", f"{column.text} published spread"] if table.has_published(column) else []
    writer.writerow([*map(_plain, head), "runs"])
    for line, row in zip(table.values, table.rows, strict=True):
        cells: list[Any] = [row.label, *(row.settings.get(key) for key in settings)]
        for column, found in zip(table.columns, line, strict=True):
            cells += [found.value, found.spread] if isinstance(found, Summary) else [found, None]
            if table.has_published(column):
                cells += table.published_of(row, column) or (None, None)
        writer.writerow([*map(_plain, cells), len(row.runs)])
    return file.getvalue()


def _plain(value: Any) -> Any:
    """A value of a CSV file. Text is put on one line, because readers do not agree on line breaks inside values."""
    if isinstance(value, str):
        return value if value.isprintable() else one_line(value)
    return "" if value is None else value


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(shown: Shown) -> str:
    text = escaped(shown.text)
    return f"**{text}**" if shown.best else text
