"""What strangers made is data: nothing in it is run, imported, unpickled or sent, and reading it writes nothing."""

from __future__ import annotations

import ast
import json
import pickle  # noqa: TID251 — to be left alone
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.hostile.bytes_of import tensors
from tests.hostile.cases import GOOD, Bomb, encoded, weights
from tests.hostile.laid_out import ROOT, lay_out, put, read_by

RECIPE = """\
name: x
dataset: {type: arrays, path: a.npz}
model: {type: vae, latents: 1, encoder: {type: mlp, hidden: []}, decoder: {type: mlp, hidden: []}}
objective: beta_vae
training: {steps: 1}
"""
RECIPES = {
    "tag": RECIPE.replace("name: x", "name: !!python/object/apply:os.system ['touch pwned']"),
    "module": RECIPE.replace("type: vae", "type: evil.Model"),
    "target": RECIPE.replace("type: vae", "_target_: os.system, command: touch pwned"),
    "plugins": RECIPE + "plugins: [evil.py]\n",
    "template": RECIPE.replace("name: x", "name: '{{ cycler.__init__.__globals__.os.system(1) }}'"),
    "environment": RECIPE.replace("name: x", "name: ${oc.env:HOME}"),
    "path": RECIPE.replace("a.npz", "'|touch pwned'"),
    "address": RECIPE.replace("a.npz", "'http://127.0.0.1:9/a.npz'"),
    "extends": "extends: http://127.0.0.1:9/recipe.yaml\n",
}


def put_a_run(folder: Path) -> None:
    """A run folder as a stranger could make it: a good one but for pickles, a module and links out of it."""
    evil = "import os\nos.system('touch pwned')\n"
    files: dict[str, bytes | str] = {
        "recipe.yaml": RECIPE,
        "scores.json": json.dumps({"mig": {"score": 0.5}, "held_out": {"score": -1.0, "elbo": -1.0}}),
        "evaluations.jsonl": '{"step": 1, "scores": {"mig": {"score": 0.5}}}\n',
        "metrics.jsonl": '{"step": 1, "loss": 1.0, "beta": 4.0, "beta_norm": 1.0}\n',
        "environment.json": '{"plugins": [{"source": "file", "name": "evil.py", "version": "0"}]}',
        "model.safetensors": tensors(json.dumps(GOOD), **weights()),
        "figures/activation.png": encoded("PNG"),
        "checkpoints/step-1/manifest.json": '{"step": 1, "window": 0, "sha256": {"model.safetensors": "00"}}',
        "checkpoints/step-1/model.safetensors": pickle.dumps(Bomb()),
        "checkpoints/step-2/manifest.json": '{"step": 2, "window": 0, "sha256": {"../../../../etc/passwd": "00"}}',
        "checkpoints/step-3/manifest.json": "[" * 10_000,
        "latents.pkl": pickle.dumps(Bomb()),
        "plugins/evil.py": evil,
        "sitecustomize.py": evil,
        "evil.py": evil,
    }
    for name, content in files.items():
        put(folder / name, content.encode() if isinstance(content, str) else content)
    (folder / "figures" / "traversal-00.png").symlink_to("/etc/passwd")


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("strangers")
    lay_out(folder)
    for name, text in RECIPES.items():
        put(folder / "recipes" / name, text.encode())
        put(folder / "sweeps" / name, (text + "sweep: {grid: {seed: [1]}, cells: [{recipe: ../evil.py}]}\n").encode())
    shutil.copytree(ROOT / "tests" / "recipe" / "traps", folder / "recipes", dirs_exist_ok=True)
    put_a_run(folder / "runs" / "theirs")
    printed = read_by("watched", folder)
    assert not list(folder.rglob("pwned"))
    assert not (ROOT / "pwned").exists()
    found: dict[str, Any] = json.loads(printed)
    return found


def test_reading_what_strangers_made_does_nothing_but_read(report: dict[str, Any]) -> None:
    assert report["seen"] == []
    assert report["read"] > 400


def test_whatever_would_break_the_promise_is_seen(report: dict[str, Any]) -> None:
    assert report["betrayed"] == dict.fromkeys(report["betrayed"], True)


CALLS = {
    *("eval", "exec", "compile", "__import__", "input", "breakpoint"),
    *("pickle.load", "pickle.loads", "torch.load", "torch.save", "torch.hub.load", "joblib.load", "np.load"),
    *("yaml.load", "yaml.unsafe_load", "yaml.full_load", "marshal.loads", "shelve.open", "dill.loads"),
    *("os.system", "os.popen", "runpy.run_path", "runpy.run_module", "ctypes.CDLL", "socket.socket"),
    *("urllib.request.urlopen", "requests.get", "subprocess.run", "subprocess.Popen", "subprocess.check_output"),
    *("importlib.import_module", "loader.exec_module", "os.execv", "os.execvp", "os.fork", "os.posix_spawn"),
}
MODULES = {
    "pickle",
    "joblib",
    "dill",
    "cloudpickle",
    "shelve",
    "marshal",
    "runpy",
    "socket",
    "urllib",
    "requests",
    "http",
}

ALLOWED = {
    "bvtk/__init__.py": {"importlib.import_module"},  # its own modules, when their names are first used
    "bvtk/data/__init__.py": {"importlib.import_module"},  # likewise
    "bvtk/engine/process.py": {"ctypes.CDLL"},  # the C library that this process runs on
    "bvtk/plugins.py": {
        "importlib.import_module",
        "loader.exec_module",
    },  # its own modules; plugins that the user chose
    "bvtk/environment.py": {"subprocess.run"},  # git, which commit this is
    "bvtk/sweep/local.py": {"subprocess.Popen", "subprocess.run"},  # this program, for a cell; nvidia-smi, for the GPUs
    "bvtk/sweep/tether.py": {"ctypes.CDLL", "os.execvp"},  # a cell dies with its sweep, then becomes this program
}
"""Every place that runs or imports anything, and what it may."""


def _name(node: ast.expr) -> str:
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""


def test_nothing_else_in_bvtk_runs_or_imports_or_unpickles() -> None:
    found: dict[str, set[str]] = {}
    for path in sorted((ROOT / "bvtk").rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            used = set()
            if isinstance(node, ast.Call):
                used = {_name(node.func)} & CALLS
            elif isinstance(node, ast.Import):
                used = {alias.name for alias in node.names if alias.name.split(".")[0] in MODULES}
            elif isinstance(node, ast.ImportFrom):
                used = {node.module} if (node.module or "").split(".")[0] in MODULES else set()
            if used:
                found.setdefault(name, set()).update(used)
    assert found == ALLOWED
