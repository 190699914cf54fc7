from __future__ import annotations

from pathlib import Path

import pytest

from bvtk.data.cache import cache_folder
from bvtk.runs import RunFolder
from tests.cli.terminal import Terminal, terminal
from tests.cli.test_ls_runs import runs

__all__ = ["runs", "terminal"]


def test_a_run_is_removed_by_the_start_of_its_name(terminal: Terminal, runs: list[RunFolder]) -> None:
    refused = terminal("rm", "toy-1")
    assert refused.code == 2
    assert "nothing was removed" in refused.err
    assert "add --yes" in refused.err
    removed = terminal("rm", "toy-1", "--yes")
    assert "runs/toy-1a2" in removed.out
    assert removed.out.splitlines()[-1].startswith("removed ")
    assert [folder.path.exists() for folder in runs] == [False, True]


def test_a_name_that_several_runs_have_is_refused(terminal: Terminal, runs: list[RunFolder]) -> None:
    refused = terminal("rm", "toy", "--yes")
    assert refused.code == 2
    assert "2 runs start with 'toy': toy-1a2, toy-8a3" in refused.err
    assert all(folder.path.exists() for folder in runs)


def test_other_folders_stay(terminal: Terminal, runs: list[RunFolder]) -> None:
    for other in ("runs", "runs/other", "nowhere"):
        refused = terminal("rm", str(runs[0].path), other, "--yes")
        assert (refused.code, f"{other} is not a run folder" in refused.err) == (2, True)
    assert runs[0].path.exists()


def test_caches_are_removed_on_request(
    terminal: Terminal, runs: list[RunFolder], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BVTK_CACHE", str(tmp_path / "cache"))
    (cache_folder() / "toys").mkdir(parents=True)
    (cache_folder() / "toys/images.npy").write_bytes(b"12345")
    assert terminal("clean", "--yes").out == "nothing to remove\n"
    found = terminal("clean", "--caches", "--yes", "--json")
    assert found.json() == {"removed": [str(cache_folder() / "toys")], "bytes": 5}
    assert not (cache_folder() / "toys").exists()
