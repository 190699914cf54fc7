from __future__ import annotations

import hashlib
import os
import zlib
from pathlib import Path

import numpy as np
import pytest

from bvtk.data import sums
from bvtk.data.sums import Sums, samples_agree, stamp

DATA = np.random.default_rng(0).bytes(1000)


@pytest.mark.parametrize("step", [1, 7, 64, 100, 1000])
def test_sums_do_not_depend_on_how_the_bytes_arrive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    monkeypatch.setattr(sums, "BLOCK", 64)
    found = Sums()
    for start in range(0, len(DATA), step):
        found.add(DATA[start : start + step])
    (tmp_path / "a").write_bytes(DATA)
    read = Sums.of(tmp_path / "a")
    assert found.sha256 == read.sha256 == hashlib.sha256(DATA).hexdigest()
    assert found.blocks == read.blocks == [zlib.crc32(DATA[at : at + 64]) for at in range(0, 1000, 64)]
    assert samples_agree(tmp_path / "a", found.blocks)
    assert not samples_agree(tmp_path / "a", [0] * len(found.blocks))


def test_a_stamp_changes_with_the_contents_whatever_is_set_back(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"one")
    os.utime(path, ns=(5, 5))
    before = stamp(path.stat())
    path.write_bytes(b"two")
    os.utime(path, ns=(5, 5))
    after = stamp(path.stat())
    assert (before["size"], before["mtime_ns"]) == (after["size"], after["mtime_ns"])
    assert before != after
