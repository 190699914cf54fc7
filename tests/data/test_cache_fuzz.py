"""Arrays and sidecars of the cache that somebody damaged, with sums and times that are right: opened, or made again."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bvtk.data.cache import Plan, open_prepared, prepare
from bvtk.data.sums import Sums, stamp

KEY = {"source": "made up"}
ODD: list[Any] = [None, -1, 0, 10**30, 1.5, "x", [], {}, [1, 2, 3], True, [[1]], {"a": 1}]


def make(path: Path) -> None:
    prepare(path, KEY, lambda: Plan((6, 5), iter([np.arange(30, dtype=np.uint8).reshape(6, 5)]), {"source": "x"}))


def damage(path: Path, random: np.random.Generator) -> None:
    """One random change of the array or its sidecar, after which the recorded sum and time are made right again."""
    sidecar = json.loads(path.with_suffix(".json").read_text())
    data = bytearray(path.read_bytes())
    kind = random.integers(5)
    if kind == 0:
        data = data[: random.integers(len(data))]
    elif kind == 1:
        data[random.integers(128)] = random.integers(256)
    elif kind == 2:
        old, new = (
            random.choice([b"(6, 5)", b"|u1", b"False", b"descr"]),
            random.choice([b"(9, 9)", b"|O", b"True", b"x"]),
        )
        data = data.replace(bytes(old), bytes(new), 1)
    elif kind == 3:
        sidecar["shape"] = [[6, 5, 1], [60, 5], [0, 0], [-6, -5], [6]][random.integers(5)]
    else:
        sidecar[str(random.choice(sorted(sidecar)))] = ODD[random.integers(len(ODD))]
    path.write_bytes(data)
    if kind != 4:
        sidecar["sha256"] = hashlib.sha256(data).hexdigest()
        sidecar |= {"stamp": stamp(path.stat()), "blocks": Sums.of(path).blocks}
    path.with_suffix(".json").write_text(json.dumps(sidecar))


def survives(folder: Path, cases: int) -> None:
    random = np.random.default_rng(0)
    path = folder / "array.npy"
    for _ in range(cases):
        make(path)
        damage(path, random)
        found = open_prepared(path, KEY)
        if found is not None:
            found.array.sum()  # touches every byte: one that lies past the end of the file would crash here
    make(path)
    assert open_prepared(path, KEY).array.sum() == sum(range(30))


def test_damaged_caches_never_crash(tmp_path: Path) -> None:
    survives(tmp_path, 60)


@pytest.mark.soak
def test_ten_thousand_damaged_caches_never_crash(tmp_path: Path) -> None:
    survives(tmp_path, 10_000)
