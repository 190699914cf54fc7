"""Writes what is generated of the docs: `docs/components.md`, `recipes/recipe.schema.json`, and tables in other pages.

python docs/generate.py           # or: make docs
python docs/generate.py --check   # exit 1 where a file is not current
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from bvtk.cli.show_component import component_facts, short
from bvtk.component import REGISTRIES
from bvtk.plugins import discover
from bvtk.recipe.json_schema import recipe_schema
from bvtk.registry import BUILT_IN

ROOT = Path(__file__).parent.parent
HEAD = """\
# Components

Everything that a recipe can name, made from the same texts as `bvtk show KIND NAME` and the JSON Schema
(`make docs` writes this page). Plugins add to it: `bvtk ls` lists them too.
"""


def components_page() -> str:
    """The page of all built-in components."""
    parts = [HEAD]
    for kind, registry in REGISTRIES.items():
        parts.append(f"## {kind}\n")
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
"""Notes in the table that a page chooses by, and their headings, by kind of component."""


def chooser(kind: str, page: str) -> str:
    """A table of all built-in components of a kind: what each is, when to use it, what to watch.

    Args:
        kind: of component.
        page: where the table stands; components with a section there are linked to it, others to the reference.
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
    """A page whose generated table, between two comments, is current."""
    begin, end = f"<!-- begin generated: {kind} -->\n", f"<!-- end generated: {kind} -->"
    before, rest = page.split(begin)
    _, after = rest.split(end)
    return f"{before}{begin}\n{chooser(kind, page)}\n{end}{after}"


def generated() -> dict[Path, str]:
    """Every generated file and its text."""
    discover(ROOT, installed=False)
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
        sys.exit(f"not current: {', '.join(map(str, stale))}; run: make docs" if stale else 0)
    for path in stale:
        path.write_text(generated()[path], encoding="utf-8")
        print(f"wrote {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
