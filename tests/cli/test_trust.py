"""Plugins of a working folder: what runs, what is said, and what odd entries do."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import bvtk
from bvtk.plugins import discover
from tests.cli.terminal import RECIPE, Terminal, terminal

__all__ = ["terminal"]

PLUGIN = """
from pathlib import Path
Path("ran").write_text("x")
print("a plugin prints")
import bvtk

@bvtk.register_encoder("mine")
class Mine(bvtk.EncoderSpec):
    \"\"\"Mine.\"\"\"

    def build(self, image, outputs): ...
"""
UNTRUSTED = (
    "warning: plugin files that are not trusted are not loaded: plugins/mine.py. "
    "To use them, read them and run `bvtk trust`.\n"
)


@pytest.fixture
def folder(terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a plugin from somebody else."""
    monkeypatch.delenv("BVTK_TRUST")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "mine.py").write_text(PLUGIN)
    return tmp_path


def test_a_plugin_that_is_not_trusted_does_not_run(terminal: Terminal, folder: Path) -> None:
    for verb in (("validate", "r.yaml"), ("ls", "encoder"), ("show", "r.yaml"), ("schema",), ("sweep", "r.yaml")):
        assert terminal(*verb).err.startswith(UNTRUSTED)
    assert terminal("validate", "r.yaml").code == 0
    assert terminal("validate", "r.yaml", "--no-plugins").err == ""
    assert "unknown encoder 'mine'" in terminal("validate", "r.yaml", "model.encoder=mine").err
    with pytest.warns(UserWarning, match=r"not trusted are not loaded: plugins/mine\.py"):
        bvtk.load_dataset("dsprites")
    assert not (folder / "ran").exists()


def test_trust_lasts_until_the_file_changes(terminal: Terminal, folder: Path) -> None:
    assert terminal("trust").out == "trusted: plugins/mine.py\n"
    found = terminal("validate", "r.yaml", "model.encoder=mine")
    assert (found.code, found.err) == (0, "a plugin prints\nplugins: plugins/mine.py\n")
    (folder / "plugins" / "mine.py").write_text(PLUGIN + "# changed\n")
    assert terminal("validate", "r.yaml").err == UNTRUSTED
    assert terminal("trust", "plugins/mine.py", "--json").json()["trusted"] == ["plugins/mine.py"]
    assert terminal("validate", "r.yaml", "model.encoder=mine").code == 0
    discover(installed=False)


@pytest.mark.parametrize("way", ["--plugins", "--plugin", "BVTK_TRUST"])
def test_a_plugin_is_also_trusted_for_one_command(
    terminal: Terminal, folder: Path, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if way == "BVTK_TRUST":
        monkeypatch.setenv(way, str(folder))
    options = {"--plugins": ["--plugins"], "--plugin": ["--plugin", "plugins/mine.py"], "BVTK_TRUST": []}[way]
    found = terminal("show", "encoder", "mine", "--json", *options)
    assert found.json()["name"] == "mine"  # although the plugin prints
    assert found.err == "a plugin prints\nplugins: plugins/mine.py\n"
    monkeypatch.delenv("BVTK_TRUST", raising=False)
    assert terminal("show", "encoder", "mine").code == 2


def test_what_the_user_writes_or_checks_is_trusted(terminal: Terminal, folder: Path) -> None:
    (folder / "plugins" / "mine.py").unlink()
    terminal("init", "plugin", "own")
    assert terminal("show", "encoder", "own").err == "plugins: plugins/own.py\n"
    own = folder / "plugins" / "own.py"
    own.write_text(own.read_text().replace("Hidden units.", "Units."))
    assert terminal("show", "encoder", "own").code == 2
    assert terminal("check-plugin", "plugins/own.py").code == 0
    assert terminal("show", "encoder", "own").code == 0
    discover(installed=False)


def test_without_plugins_there_is_nothing_to_trust(terminal: Terminal) -> None:
    found = terminal("trust")
    assert (found.code, found.err) == (2, "error: there are no plugin files in plugins/\n  give the files to trust\n")


def test_many_files_are_one_line(terminal: Terminal, folder: Path) -> None:
    for name in "abcd":
        (folder / "plugins" / f"{name}.py").write_text("1 / 0")
    assert "plugins/a.py, plugins/b.py, plugins/c.py and 2 more. To use" in terminal("ls", "encoder").err


def test_the_cells_of_a_sweep_get_the_same_plugins(
    terminal: Terminal, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bvtk.sweep import driver

    options = []
    monkeypatch.setattr(driver.Driver, "run", lambda self: options.extend(self._options))
    sweep = ("sweep", "r.yaml", "sweep.seeds=1", "--device", "cpu", "--out", "runs")
    terminal(*sweep, "--plugins", "--plugin", "plugins/mine.py")
    assert options == ["--device", "cpu", "--plugin", "plugins/mine.py", "--plugins"]


def test_odd_entries_cost_one_warning_each_and_no_verb_hangs(folder: Path) -> None:
    plugins = folder / "plugins"
    (plugins / ".#mine.py").symlink_to("user@host.123")  # the lock file of an editor
    (plugins / "dangling.py").symlink_to("nowhere")
    (plugins / "folder.py").mkdir()
    os.mkfifo(plugins / "fifo.py")
    (folder / "r.yaml").write_text(RECIPE)
    command = [sys.executable, "-m", "bvtk", "ls", "encoder", "--plugins", "--json"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0
    assert '"mine"' in done.stdout
    assert done.stderr.splitlines() == [
        "a plugin prints",
        "warning: skipped: plugin file plugins/dangling.py does not exist",
        "warning: skipped: plugin file plugins/fifo.py can't be read: not a regular file",
        "warning: skipped: plugin file plugins/folder.py can't be read: Is a directory",
        "plugins: plugins/mine.py",
    ]
