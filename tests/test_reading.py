"""Whatever a name leads to, reading it ends."""

from __future__ import annotations

import ast
import os
from pathlib import Path

import pytest

import bvtk
from bvtk.data import file_key, image_files, open_arrays
from bvtk.data.hdf5 import open_hdf5
from bvtk.documents import check_safetensors, read_document
from bvtk.errors import BvtkError, DataError, RecipeError
from bvtk.files import sha256_of_file
from bvtk.npy import map_npy, open_npz
from bvtk.plugins import discover
from bvtk.reading import open_descriptor, open_file, read_file
from bvtk.recipe import load_recipe
from bvtk.recipe.variants import load_sweep
from bvtk.runs import RunFolder
from bvtk.sweep.progress import last_line, last_words

ROOT = Path(bvtk.__file__).parent

ELSEWHERE = {
    "reading.py",  # the function itself
    "pages/html.py",  # files of the package
    "recipe/shipped.py",  # likewise
    "cli/init.py",  # likewise
    "check_plugin/examples.py",  # the plugin that was just imported
    "check_plugin/launchers.py",  # a log of its own
    "environment.py",  # /proc/cpuinfo
    "files.py",  # to synchronise what was just written
    "lockfiles.py",  # never waits, and follows no link
    "cli/main.py",  # os.devnull
}
"""The files that open anything else, and what."""


def reads(source: str) -> list[str]:
    """The calls in a source that open a file for reading, by any name but those of `bvtk.reading`."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        modes = [value.value for value in node.args if isinstance(value, ast.Constant) and isinstance(value.value, str)]
        opens = name == "open" and (isinstance(node.func, ast.Name) or any(set(mode) <= set("rbt") for mode in modes))
        if (
            opens
            or ast.unparse(node.func).endswith((".read_text", ".read_bytes", "fromfile", "loadtxt"))
            or ast.unparse(node.func) == "os.open"
        ):
            found.append(ast.unparse(node))
    return found


def test_one_function_opens_files_for_reading() -> None:
    found = {path.relative_to(ROOT).as_posix(): reads(path.read_text("utf-8")) for path in ROOT.rglob("*.py")}
    assert {name: calls for name, calls in found.items() if calls and name not in ELSEWHERE} == {}
    assert reads("path.open('rb')\nopen(x)\npath.read_text()\nos.open(x, 1)") != []
    assert reads("path.open('ab')\nspec.open()") == []


def test_files_are_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    assert read_file(tmp_path / "a") == b"abc"
    os.close(open_descriptor(tmp_path / "a"))
    with pytest.raises(FileNotFoundError):
        open_file(tmp_path / "b")
    with pytest.raises(IsADirectoryError):
        open_file(tmp_path)


def test_a_file_of_size_0_is_empty_whatever_it_would_give() -> None:
    """Reading /proc/kmsg waits for the next message of the kernel."""
    for name in ("/proc/kmsg", "/proc/self/status"):
        if os.access(name, os.R_OK):
            assert read_file(Path(name)) == b""


@pytest.mark.parametrize("name", ["pipe", "/dev/zero"])
def test_pipes_and_devices_are_refused(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="not a regular file"):
        open_file(tmp_path / name)


def test_no_reader_waits_for_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for reader in (read_document, sha256_of_file):
        with pytest.raises(OSError, match="not a regular file"):
            reader(pipe)
    for opening in (open_arrays, file_key, map_npy, check_safetensors, image_files.read):
        with pytest.raises(BvtkError):
            opening(pipe)  # type: ignore[operator]
    for context in (open_npz(pipe), open_hdf5(pipe, "images")):
        with pytest.raises(DataError), context:
            pass
    assert (last_line(pipe), last_words(pipe)) == ({}, [])
    folder = RunFolder(tmp_path / "run")
    folder.path.mkdir()
    os.mkfifo(folder.log)
    assert folder.read_log() == []


TEXT = """name: a
dataset: dsprites
model: vae
objective: beta_vae
training: {steps: 1}
"""


def test_no_recipe_waits(tmp_path: Path) -> None:
    discover(None, installed=False)
    os.mkfifo(tmp_path / "pipe")
    path = tmp_path / "a.yaml"
    path.write_text(TEXT + "sweep: {cells: [{recipe: pipe}]}\n")
    with pytest.raises(RecipeError, match="pipe: can't be read: not a regular file"):
        load_sweep(path)
    path.write_text(TEXT + "extends: pipe\n")
    with pytest.raises(RecipeError, match="pipe: can't be read: not a regular file"):
        load_recipe(path)
    path.write_text(TEXT + "extends: /proc/kmsg\n")
    with pytest.raises(RecipeError, match=r"/proc/kmsg: (the file is empty|no such file|can't be read)"):
        load_recipe(path)
