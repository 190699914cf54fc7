from __future__ import annotations

import os
from pathlib import Path

import pytest

from bvtk.errors import PluginError
from bvtk.trusted import read_source, trust, trust_file, trusted_hashes, trusts_folder


@pytest.fixture(autouse=True)
def _own_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BVTK_TRUST", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


def test_a_trusted_file_is_listed_once_with_its_path_on_one_line(tmp_path: Path) -> None:
    assert trusted_hashes() == frozenset()
    trust({tmp_path / "a\n0  b.py": b"x"})
    trust({tmp_path / "again.py": b"x", tmp_path / "other.py": b"y"})
    lines = trust_file().read_text().splitlines()
    assert trust_file() == tmp_path / "config" / "bvtk" / "trusted-plugins"
    assert [line.split("  ")[1] for line in lines] == [f"{tmp_path}/a\\n0", str(tmp_path / "other.py")]
    assert trusted_hashes() == {line.split()[0] for line in lines}


def test_a_list_that_can_not_be_written_is_an_error_and_one_that_can_not_be_read_is_empty(tmp_path: Path) -> None:
    trust_file().mkdir(parents=True)
    assert trusted_hashes() == frozenset()
    with pytest.raises(PluginError, match="can't write"):
        trust({tmp_path / "a.py": b"x"})


def test_the_environment_names_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inside = tmp_path / "mine" / "project"
    inside.mkdir(parents=True)
    for value, trusted in [
        ("1", True),
        (os.pathsep.join(("/nowhere", str(tmp_path / "mine"))), True),
        (str(inside), True),
        (str(tmp_path / "other"), False),
        ("0", False),
        ("", False),
        (".", False),
    ]:
        monkeypatch.setenv("BVTK_TRUST", value)
        assert trusts_folder(inside) is trusted


def test_only_regular_files_are_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo.py")
    (tmp_path / "folder.py").mkdir()
    (tmp_path / "dangling.py").symlink_to("nowhere")
    (tmp_path / "loop.py").symlink_to("loop.py")
    (tmp_path / "large.py").write_bytes(b" " * (5 << 20))
    (tmp_path / "good.py").write_bytes(b"x = 1")
    assert read_source(tmp_path / "good.py") == b"x = 1"
    for name, why in {
        "fifo": "not a regular file",
        "folder": "Is a directory",
        "dangling": "does not exist",
        "loop": "can't be read",
        "large": "larger than 4 MB",
    }.items():
        with pytest.raises(PluginError, match=why):
            read_source(tmp_path / f"{name}.py")
