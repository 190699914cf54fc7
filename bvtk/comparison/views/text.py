"""A comparison as text: Markdown, CSV, and the cells that the page shows too."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bvtk.comparison.contents.columns import heading
from bvtk.comparison.contents.keys import Measured
from bvtk.comparison.contents.rows import Row
from bvtk.comparison.contents.table import MEANINGS, Cell, Summary, Table, cell
from bvtk.pages.markdown import escaped, one_line
from bvtk.quantities import fixed

NOTHING = "–"
"""The text of a cell without a value."""


@dataclass(frozen=True)
class Shown:
    """One cell as text, and whether it is the best of its column."""

    text: str
    best: bool = False


def headings(table: Table) -> list[str]:
    """The headings of the columns; the first, of the labels of the rows, is empty."""
    found = [""]
    for column in table.columns:
        found.append(heading(column))
        if table.has_published(column):
            found.append("published")
    return [*found, "runs"]


def shown_rows(table: Table) -> list[list[Shown]]:
    """The cells of every row, its label first and the number of its runs last."""
    digits = [_digits(table, number) for number in range(len(table.columns))]
    rows = []
    for line, row in enumerate(table.rows):
        cells = [Shown(row.label)]
        for place, column in enumerate(table.columns):
            text = _text(table.values[line][place], digits[place], len(row.runs))
            cells.append(Shown(text, table.best[line][place]))
            if table.has_published(column):
                published = table.published_of(row, column)
                cells.append(Shown(number_text(*published, digits[place]) if published else NOTHING))
        rows.append([*cells, Shown(str(len(row.runs)))])
    return rows


def run_cells(table: Table, run: Measured) -> list[str]:
    """The cells of a single run."""
    alone = Row("", "", {}, (run,))
    return [_text(cell(alone, column, "mean"), _digits(table, n), 1) for n, column in enumerate(table.columns)]


def captions(table: Table, bold: bool = True) -> list[str]:
    """The notes below a table, each of one or more sentences; `bold` if it shows the best values in bold."""
    cells = [found for line in table.values for found in line]
    has_spread = any(isinstance(found, Summary) and found.spread is not None for found in cells)
    notes = [MEANINGS[table.how] if has_spread else "One run per row: the spread between seeds is not known."]
    if bold and any(any(line) for line in table.best):
        notes.append("The best value of each column is in bold.")
    if None in cells:
        notes.append(f"{NOTHING}: no value.")
    if table.published and any(table.has_published(column) for column in table.columns):
        notes.append(f"Published: {table.published.source}")
    return notes


def number_text(value: float, spread: float | None, digits: int) -> str:
    """`0.992 ± 0.001`."""
    return fixed(value, digits) + ("" if spread is None else f" ± {fixed(spread, digits)}")


def digits_for(values: Sequence[float]) -> int:
    """How many decimals show three or four digits of values of this size."""
    largest = max((abs(value) for value in values), default=0.0)
    return 1 if largest >= 10 else 3 if largest >= 0.01 or largest == 0 else 5


def _digits(table: Table, place: int) -> int:
    column = table.columns[place]
    summaries = [found for line in table.values if isinstance(found := line[place], Summary)]
    if all(isinstance(column.of(run), int | None) for run in table.runs):
        return int(any(summary.spread or not summary.value.is_integer() for summary in summaries))
    return digits_for([summary.value for summary in summaries])


def _text(found: Cell, digits: int, runs: int) -> str:
    if not isinstance(found, Summary):
        return NOTHING if found is None else found
    few = f" (n = {len(found.values)})" if len(found.values) < runs else ""
    return number_text(found.value, found.spread, digits) + few


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
