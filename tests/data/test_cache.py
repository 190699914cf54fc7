"""The cache: its folder, what it opens again, and what it makes again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from bvtk.data import cache as module
from bvtk.data import sums
from bvtk.data.cache import Plan, cache_folder, damaged_arrays, file_key, open_prepared, prepare, prepare_array
from bvtk.errors import DataError

KEY = {"source": "test", "sizes": (2, 3)}
VALUES = np.arange(24, dtype=np.uint8).reshape(6, 4)


class Counter:
    """A plan that counts how often it is used."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> Plan:
        self.count += 1
        return Plan(VALUES.shape, iter((VALUES[:4], VALUES[4:])), {"made": "here"})


@pytest.fixture
def path(cache: Path) -> Path:
    return cache / "test" / "values.npy"


def test_prepared_once_and_opened_again(path: Path) -> None:
    plan = Counter()
    first, second = prepare(path, KEY, plan), prepare(path, KEY, plan)
    assert plan.count == 1
    assert (first.array == VALUES).all()
    assert (second.array == VALUES).all()
    assert not second.array.flags.writeable
    assert second.facts == first.facts
    assert sorted(p.name for p in path.parent.iterdir()) == ["values.json", "values.lock", "values.npy"]


def test_the_checksum_is_of_the_file(path: Path) -> None:
    import hashlib

    facts = prepare(path, KEY, Counter()).facts
    assert facts == {"made": "here", "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}


def test_the_file_is_an_ordinary_npy(path: Path) -> None:
    prepare(path, KEY, Counter())
    assert (np.load(path, allow_pickle=False) == VALUES).all()


def truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 1)


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    os.utime(path, ns=(0, 0))


def spoil_header(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(b"\x93NUMPY\x01\x00" + b"\xff" * 50 + data[58:])


def spoil_sidecar(path: Path) -> None:
    path.with_suffix(".json").write_text("{")


def age_sidecar(path: Path) -> None:
    sidecar = path.with_suffix(".json")
    sidecar.write_text(json.dumps(json.loads(sidecar.read_text()) | {"format": 0}))


def list_sidecar(path: Path) -> None:
    path.with_suffix(".json").write_text("[1, 2]")


def lose_sidecar(path: Path) -> None:
    path.with_suffix(".json").unlink()


def lose_values(path: Path) -> None:
    path.unlink()


DAMAGE = [truncate, flip, spoil_header, spoil_sidecar, age_sidecar, list_sidecar, lose_sidecar, lose_values]


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_or_stale_array_is_made_again(path: Path, damage: object) -> None:
    plan = Counter()
    prepare(path, KEY, plan)
    damage(path)  # type: ignore[operator]
    assert open_prepared(path, KEY) is None
    assert (prepare(path, KEY, plan).array == VALUES).all()
    assert plan.count == 2


def test_another_key_is_another_array(path: Path) -> None:
    plan = Counter()
    prepare(path, KEY, plan)
    assert open_prepared(path, KEY | {"sizes": (3, 2)}) is None
    assert open_prepared(path, KEY) is not None


def test_a_copied_cache_is_hashed_once(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare(path, KEY, Counter())
    os.utime(path, ns=(1, 1))
    assert open_prepared(path, KEY) is not None
    monkeypatch.setattr(module.Sums, "of", lambda _: pytest.fail("hashed again"))
    assert open_prepared(path, KEY) is not None


def flip_and_restore_the_time(path: Path) -> None:
    status = path.stat()
    flip(path)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def test_a_change_whose_time_was_set_back_is_found(path: Path) -> None:
    prepare(path, KEY, Counter())
    flip_and_restore_the_time(path)
    assert open_prepared(path, KEY) is None
    assert (prepare(path, KEY, Counter()).array == VALUES).all()


def test_a_bit_that_flipped_on_the_disk_is_found_in_the_sampled_blocks(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sums, "BLOCK", 32)  # so that the array has five blocks
    prepare(path, KEY, Counter())
    flip(path)
    sidecar = json.loads(path.with_suffix(".json").read_text())
    assert len(sidecar["blocks"]) == 5
    sidecar["stamp"] = sums.stamp(path.stat())  # a disk that loses bits changes no time
    path.with_suffix(".json").write_text(json.dumps(sidecar))
    assert damaged_arrays(path.parent.parent) == [path]
    monkeypatch.setattr(sums, "SAMPLES", 5)
    assert open_prepared(path, KEY) is None
    (prepare(path, KEY, Counter()).array == VALUES).all()
    assert damaged_arrays(path.parent.parent) == []


def test_an_array_of_an_earlier_version_is_hashed_once(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    facts = prepare(path, KEY, Counter()).facts
    sidecar = json.loads(path.with_suffix(".json").read_text())
    old = {name: sidecar[name] for name in ("key", "shape", "sha256", "facts")}
    old |= {"format": 1, "mtime_ns": path.stat().st_mtime_ns}
    path.with_suffix(".json").write_text(json.dumps(old, indent=2))
    found = open_prepared(path, KEY)
    assert found is not None
    assert found.facts == facts
    assert json.loads(path.with_suffix(".json").read_text()) == sidecar


def test_a_file_that_was_replaced_by_one_of_the_same_size_and_time_has_another_key(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"one")
    (tmp_path / "b").write_bytes(b"two")
    for name in ("a", "b"):
        os.utime(tmp_path / name, ns=(5, 5))
    before = file_key(tmp_path / "a")
    (tmp_path / "b").replace(tmp_path / "a")
    assert file_key(tmp_path / "a") != before


def test_a_failing_plan_leaves_nothing(path: Path) -> None:
    def blocks() -> Iterator[np.ndarray]:
        yield VALUES[:4]
        raise DataError("the source ends here")

    with pytest.raises(DataError, match="the source ends here"):
        prepare(path, KEY, lambda: Plan(VALUES.shape, blocks()))
    assert [p.name for p in path.parent.iterdir()] == ["values.lock"]


def test_leftovers_of_a_killed_process_are_removed(path: Path) -> None:
    path.parent.mkdir(parents=True)
    leftover = path.parent / ".values.npy.123-0badcafe.tmp"
    leftover.touch()
    prepare(path, KEY, Counter())
    assert not leftover.exists()


SCRIPT = """
import sys, time
from pathlib import Path
import numpy as np
from bvtk.data.cache import Plan, prepare
def plan():
    with open(sys.argv[2], "a") as log:
        log.write("made\\n")
    time.sleep(0.5)
    return Plan((2, 2), iter([np.ones((2, 2), np.uint8)]))
print(prepare(Path(sys.argv[1]), {}, plan).array.sum())
"""


def test_only_one_of_several_processes_makes_the_array(path: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    command = [sys.executable, "-c", SCRIPT, path, log]
    starters = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    assert [starter.communicate(timeout=600)[0] for starter in starters] == ["4\n"] * 3
    assert log.read_text() == "made\n"


def test_no_room(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.shutil, "disk_usage", lambda _: module.shutil._ntuple_diskusage(0, 0, 10**6))
    with pytest.raises(DataError, match="1 MB are free") as error:
        prepare(path, KEY, Counter())
    assert "BVTK_CACHE" in error.value.hint


def test_a_cache_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="can't write to the cache") as error:
        prepare(tmp_path / "file" / "values.npy", KEY, Counter())
    assert "BVTK_CACHE" in error.value.hint


def test_the_cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("BVTK_CACHE", "~/own")
    assert cache_folder() == tmp_path / "home" / "own"
    monkeypatch.setenv("BVTK_CACHE", "")
    assert cache_folder() == tmp_path / "xdg" / "bvtk"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setattr(module.sys, "platform", "linux")
    assert cache_folder() == tmp_path / "home" / ".cache" / "bvtk"
    monkeypatch.setattr(module.sys, "platform", "darwin")
    assert cache_folder() == tmp_path / "home" / "Library" / "Caches" / "bvtk"


def test_an_array_named_by_its_key(cache: Path) -> None:
    plan = Counter()
    first = prepare_array("mine", KEY, plan)
    assert (first.array == VALUES).all()
    assert first.facts["made"] == "here"
    prepare_array("mine", KEY, plan)
    prepare_array("mine", KEY | {"source": "other"}, plan)
    assert plan.count == 2
    assert len(list((cache / "mine").glob("*.npy"))) == 2


@pytest.mark.parametrize(
    ("blocks", "found"),
    [
        ([VALUES[:4]], "the blocks have 4 rows"),
        ([], "the blocks have 0 rows"),
        ([VALUES, VALUES[:1]], r"a block is uint8 of shape \(1, 4\) and ends at row 7"),
        ([VALUES.astype(np.int64)], "a block is int64"),
        ([VALUES[:, :3]], r"a block is uint8 of shape \(6, 3\)"),
    ],
)
def test_blocks_that_do_not_fit(cache: Path, blocks: list[np.ndarray], found: str) -> None:
    with pytest.raises(DataError, match=rf"can't fill an array of shape \(6, 4\): {found}"):
        prepare_array("mine", KEY, lambda: Plan(VALUES.shape, blocks))
    assert [path.suffix for path in (cache / "mine").iterdir()] == [".lock"]


MEMORY = """
import resource
import numpy as np
from bvtk.data import Plan, prepare_array

def most():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

prepare_array("small", {}, lambda: Plan((2, 1 << 20), np.zeros((2, 1, 1 << 20), np.uint8)))
before = most()
prepare_array("large", {}, lambda: Plan((128, 1 << 20), (np.full((1, 1 << 20), n, np.uint8) for n in range(128))))
print(most() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss has other units elsewhere")
def test_one_block_at_a_time_is_in_memory() -> None:
    """An array of 128 MB takes less than 16 MB of memory (in KiB below)."""
    run = subprocess.run([sys.executable, "-c", MEMORY], capture_output=True, text=True, check=True)
    assert int(run.stdout) < 16 << 10
