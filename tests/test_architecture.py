"""No two modules of bvtk import each other, directly or through others, at the top of a file or inside a function."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from importlib.util import resolve_name
from pathlib import Path

import bvtk

ROOT = Path(bvtk.__file__).parent


def module_name(path: Path) -> str:
    """`bvtk.report.page` for `bvtk/report/page.py`, `bvtk.report` for `bvtk/report/__init__.py`."""
    parts = path.relative_to(ROOT.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in sorted(ROOT.rglob("*.py"))}


def runtime_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes of a file but those that only a type checker reads."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            yield from (inner for branch in child.orelse for inner in [branch, *runtime_nodes(branch)])
        else:
            yield child
            yield from runtime_nodes(child)


def imported(source: str, package: str) -> set[str]:
    """The modules of bvtk that a source imports: of `from bvtk.x import y` the module `bvtk.x.y`, else `bvtk.x`."""
    found = set()
    for node in runtime_nodes(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            home = resolve_name("." * node.level + (node.module or ""), package)
            found |= {f"{home}.{a.name}" if f"{home}.{a.name}" in MODULES else home for a in node.names}
    return found & MODULES.keys()


def circles(graph: Mapping[str, set[str]]) -> list[list[str]]:
    """The groups of modules in which each reaches every other."""

    def reached(start: str) -> set[str]:
        seen: set[str] = set()
        waiting = [start]
        while waiting:
            new = graph[waiting.pop()] - seen
            seen |= new
            waiting += new
        return seen

    reach = {module: reached(module) for module in graph}
    groups = {frozenset(other for other in reach[m] if m in reach[other]) for m in graph if m in reach[m]}
    return sorted(sorted(group) for group in groups)


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = {
        name: imported(path.read_text(encoding="utf-8"), name if path.stem == "__init__" else name.rpartition(".")[0])
        for name, path in MODULES.items()
    }
    assert circles(graph) == []


def test_a_circle_is_found_through_imports_inside_functions() -> None:
    lazy = "def f():\n    from bvtk.report.page import render_page\n"
    assert imported(lazy, "bvtk.report") == {"bvtk.report.page"}
    assert imported("from . import page\nfrom bvtk import files", "bvtk.report") == {"bvtk.report.page", "bvtk.files"}
    typing = "if TYPE_CHECKING:\n    import bvtk.files\nelse:\n    import bvtk.runs\n"
    assert imported(typing, "bvtk") == {"bvtk.runs"}
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}, "e": {"e"}}) == [["a", "b", "c"], ["e"]]
