"""Files and folders appear whole or not at all, whatever kills the writer."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bvtk.files import (
    atomic_file,
    atomic_folder,
    make_folder,
    remove_all_leftovers,
    remove_leftovers,
    sha256_of_file,
    write_bytes_atomic,
    write_text_atomic,
)

KILLED = 87

KILL = f"""
import os, sys
from pathlib import Path
from bvtk import files
count, path, what = int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
def counted(name):
    original = getattr(os, name)
    def call(*args, **kwargs):
        global count
        if count == 0:
            os._exit({KILLED})
        count -= 1
        return original(*args, **kwargs)
    setattr(os, name, call)
for name in ("rename", "replace", "fsync", "unlink", "rmdir", "mkdir"):
    counted(name)
if what == "file":
    files.write_bytes_atomic(path, b"new" * 10000)
else:
    with files.atomic_folder(path) as folder:
        (folder / "a").write_bytes(b"new")
        (folder / "inner").mkdir()
        (folder / "inner" / "b").write_bytes(b"new")
"""


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def write_half(path: Path) -> None:
    path.write_bytes(b"ne")
    raise RuntimeError("half way")


def test_write_replaces_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_bytes_atomic(path, b"one")
    write_text_atomic(path, "zwei\nß")
    assert path.read_bytes() == "zwei\nß".encode()
    assert names(tmp_path) == ["a.json"]


def test_a_failing_writer_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a"
    write_bytes_atomic(path, b"old")
    with pytest.raises(RuntimeError, match="half way"), atomic_file(path) as temporary:
        write_half(temporary)
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["a"]


def test_a_file_is_readable_by_those_the_umask_lets(tmp_path: Path) -> None:
    write_bytes_atomic(tmp_path / "a", b"")
    (tmp_path / "plain").write_bytes(b"")
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_folder_appears_whole_and_replaces(tmp_path: Path) -> None:
    path = tmp_path / "step-10"
    for text in ("first", "second"):
        with atomic_folder(path) as folder:
            assert folder.parent == tmp_path
            (folder / text).write_text(text)
        assert names(path) == [text]
    assert names(tmp_path) == ["step-10"]


def test_a_failing_folder_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "step-10"
    with atomic_folder(path) as folder:
        (folder / "old").touch()
    with pytest.raises(RuntimeError, match="half way"), atomic_folder(path) as folder:
        write_half(folder / "new")
    assert names(path) == ["old"]
    assert names(tmp_path) == ["step-10"]


@pytest.mark.parametrize("what", ["file", "folder"])
def test_killed_at_every_step(tmp_path: Path, what: str) -> None:
    for count in range(30):
        root = tmp_path / str(count)
        root.mkdir()
        path = root / "it"
        if what == "file":
            path.write_bytes(b"old")
        else:
            path.mkdir()
            (path / "old").touch()
        code = subprocess.run([sys.executable, "-c", KILL, str(count), path, what], check=False).returncode
        remove_leftovers(path)
        assert names(root) == ["it"]
        if what == "file":
            assert path.read_bytes() in (b"old", b"new" * 10000)
        else:
            assert names(path) in (["old"], ["a", "inner"])
        if code == 0:
            break
        assert code == KILLED
    assert count >= 3


def test_leftovers_of_other_files_stay(tmp_path: Path) -> None:
    for name in (".a.12-00c0ffee.tmp", ".b.12-00c0ffee.tmp", ".a.tmp", "a", ".a.b.12-00c0ffee.tmp"):
        (tmp_path / name).touch()
    remove_leftovers(tmp_path / "a")
    assert names(tmp_path) == [".a.b.12-00c0ffee.tmp", ".a.tmp", ".b.12-00c0ffee.tmp", "a"]


def test_leftovers_of_the_names_in_a_folder_are_cleared_and_what_was_moved_aside_comes_back(tmp_path: Path) -> None:
    left = (".x-a.12-00c0ffee.tmp", ".x-b.json.9-00c0ffee.old", ".x-c.9-00c0ffee.old", "x-c")
    for name in (*left, ".hidden", ".x-d.tmp", ".y.12-00c0ffee.tmp"):
        (tmp_path / name).mkdir()
    remove_all_leftovers(tmp_path, "x-*")
    assert names(tmp_path) == [".hidden", ".x-d.tmp", ".y.12-00c0ffee.tmp", "x-b.json", "x-c"]
    remove_all_leftovers(tmp_path / "nowhere", "*")


def test_a_planted_link_is_removed_and_never_put_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "file").touch()
    for kind in ("tmp", "old"):
        (tmp_path / f".a.12-00c0ffee.{kind}").symlink_to(tmp_path / "elsewhere")
    remove_leftovers(tmp_path / "a")
    assert names(tmp_path) == ["elsewhere"]
    assert names(tmp_path / "elsewhere") == ["file"]


def test_a_folder_is_made_with_those_above_it(tmp_path: Path) -> None:
    for _ in range(2):
        make_folder(tmp_path / "a" / "b" / "c")
    assert (tmp_path / "a" / "b" / "c").is_dir()


def test_the_sum_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    assert sha256_of_file(tmp_path / "a") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
