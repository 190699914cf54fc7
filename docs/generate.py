"""Generates `docs/components.md`, `recipes/recipe.schema.json`, and tables in other pages.

python docs/generate.py           # or: make docs
python docs/generate.py --check   # exit with 1 if a file is out of date
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from bvtk.cli.show_component import component_facts
from bvtk.component import IN_RECIPES, REGISTRIES
from bvtk.plugins import discover
from bvtk.recipe.json_schema import recipe_schema
from bvtk.recipe.writing import short
from bvtk.registry import BUILT_IN

ROOT = Path(__file__).parent.parent
HEAD = """\
# Components

All built-in components, by kind. `bvtk show KIND NAME` shows the same text, and `bvtk ls` also lists the components of
plugins. This page is generated: run `make docs` to update it.
"""


def components_page() -> str:
    """The page of all built-in components."""
    parts, used = [HEAD], {registry.kind for registry in IN_RECIPES}
    for kind, registry in REGISTRIES.items():
        parts.append(
            f"## {kind}\n" if kind in used else f"## {kind}\n\nNamed on the command line, never in a recipe.\n"
        )
        parts += [_section(component_facts(registry, e.name)) for e in registry.entries() if e.origin == BUILT_IN]
    return "\n".join(parts)


def _section(facts: dict[str, Any]) -> str:
    rows = "".join(_row(field) for field in facts["fields"])
    table = f"\n| key | takes | default | |\n|---|---|---|---|\n{rows}" if rows else ""
    notes = "".join(f"\n*{heading.capitalize()}:* {text}\n" for heading, text in facts["notes"].items())
    return f"### {facts['name']}\n\n{facts['doc']}\n{notes}{table}"


def _row(field: dict[str, Any]) -> str:
    default = "required" if field["required"] else f"`{short(field['default'])}`"
    cells = (f"`{field['name']}`", field["takes"], default, field["doc"])
    return "| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in cells) + " |\n"


COLUMNS = {
    "objective": {"use": "when to use it", "weaknesses": "what to watch"},
    "metric": {"use": "when to use it", "range": "range", "chance": "chance", "weaknesses": "what to watch"},
}
"""The columns of the tables that help to choose a component, by kind: a note of the component, and its heading."""


def chooser(kind: str, page: str) -> str:
    """A table of all built-in components of a kind, with their notes.

    Args:
        kind: the kind of component.
        page: the text of the page that contains the table. Components link to their section in it, if there is one,
            else to the reference.
    """
    registry, columns = REGISTRIES[kind], COLUMNS[kind]
    rows = [f"| | {' | '.join(columns.values())} |\n|{'---|' * (len(columns) + 1)}\n"]
    for entry in registry.entries():
        if entry.origin == BUILT_IN:
            notes = component_facts(registry, entry.name)["notes"]
            here = "" if f"\n## {entry.name}\n" in page else "components.md"
            cells = (f"[`{entry.name}`]({here}#{entry.name})", *(notes.get(column, "–") for column in columns))
            rows.append(f"| {' | '.join(cells)} |\n")
    return "".join(rows)


def with_table(page: str, kind: str) -> str:
    """The page with an updated table between its two comments."""
    begin, end = f"<!-- begin generated: {kind} -->\n", f"<!-- end generated: {kind} -->"
    before, rest = page.split(begin)
    _, after = rest.split(end)
    return f"{before}{begin}\n{chooser(kind, page)}\n{end}{after}"


def generated() -> dict[Path, str]:
    """All generated files and their texts."""
    discover(ROOT, installed=False, trust=True)
    schema = json.dumps(recipe_schema(), indent=2, ensure_ascii=False) + "\n"
    choosers = {ROOT / f"docs/{kind}s.md": kind for kind in ("objective", "metric")}
    return {
        ROOT / "docs/components.md": components_page(),
        ROOT / "recipes/recipe.schema.json": schema,
        **{page: with_table(page.read_text(encoding="utf-8"), kind) for page, kind in choosers.items()},
    }


def main() -> None:
    """Writes the files, or checks them."""
    stale = [p for p, text in generated().items() if not p.is_file() or p.read_text(encoding="utf-8") != text]
    if "--check" in sys.argv:
        sys.exit(f"out of date: {', '.join(map(str, stale))}. Run `make docs`." if stale else 0)
    for path in stale:
        path.write_text(generated()[path], encoding="utf-8")
        print(f"wrote {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
