"""What answers in a blink: the verbs that read never import torch or NumPy, and take an example each."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.terminal import RECIPE, Terminal, terminal

__all__ = ["terminal"]

HEAVY = ("torch", "numpy", "sklearn", "matplotlib")
COMMANDS = [
    ("--help",),
    ("--version",),
    ("validate", "r.yaml"),
    ("validate", "none.yaml"),
    ("show", "r.yaml"),
    ("show", "r.yaml", "--json"),
    ("show", "encoder", "mlp"),
    ("ls",),
    ("ls", "--json"),
    ("ls", "runs"),
    ("clean", "--yes"),
    ("schema",),
    ("sweep", "r.yaml", "sweep.seeds=2", "--dry-run"),
    ("init", "recipe", "x"),
    ("init", "plugin", "y"),
]
PROBE = """
import sys
from bvtk.cli.main import main
sys.argv = ["bvtk", *{arguments!r}]
try:
    main()
except SystemExit:
    pass
finally:
    print("HEAVY", *(name for name in {heavy!r} if name in sys.modules), file=sys.stderr)
"""


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_what_reads_never_imports_torch(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    (tmp_path / "r.yaml").write_text(RECIPE)
    code = PROBE.format(arguments=arguments, heavy=HEAVY)
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=600)
    assert done.stderr.splitlines()[-1] == "HEAVY"


@pytest.mark.parametrize("verb", ["validate", "show", "ls", "init", "schema", "check-plugin"])
def test_every_verb_has_an_example(terminal: Terminal, verb: str) -> None:
    found = terminal(verb, "--help")
    assert found.code == 0
    assert f"Example: bvtk {verb}" in found.out
