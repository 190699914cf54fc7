"""Every hostile file is refused by one clear line, within a second and 200 MB."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.hostile.bytes_of import npy, npz, tensors
from tests.hostile.cases import CODES, FACTORS, GOOD, IMAGES, KINDS, Content, encoded, hdf5, weights

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits of memory are Linux's")

GOOD_FILES: dict[str, dict[str, Content]] = {
    "arrays": {"a.npz": npz(images=IMAGES, factors=FACTORS), "a.npy": npy(IMAGES * 0.5)},
    "codes": {"a.npz": npz(codes=CODES, factors=FACTORS)},
    "exports": {"a.safetensors": tensors(json.dumps(GOOD | {"scores": {"mig": {"score": 0.5}}}), **weights())},
    "pictures": {"folder": lambda path: (path.mkdir(), (path / "a.png").write_bytes(encoded("PNG")))},
    "hdf5": {"a.h5": hdf5(data=IMAGES)},
    "saved": {"a.json": b'{"mig": {"score": 0.5}}'},
}
"""One of each kind that is as it should be: what it loads, a hostile one need not load."""

Results = dict[tuple[str, str], dict[str, Any]]


def put(path: Path, content: Content) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        content(path)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    folder = tmp_path_factory.mktemp("hostile")
    for kind, files in GOOD_FILES.items():
        for name, content in files.items():
            put(folder / "good" / kind / name, content)
    for kind, cases in KINDS.items():
        for name, (content, _) in cases.items():
            inside = folder / kind / name
            put(inside / name if kind == "pictures" else inside, content)
    command = [sys.executable, "-m", "tests.hostile.trial", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2])
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return {(line["kind"], line["name"]): line for line in lines}


CASES = [(kind, name, said) for kind, cases in KINDS.items() for name, (_, said) in cases.items()]


@pytest.mark.parametrize(("kind", "name", "said"), CASES)
def test_a_hostile_file_is_refused_by_one_clear_line(results: Results, kind: str, name: str, said: str) -> None:
    result = results[kind, name]
    assert result["found"] == "refused", result
    assert said in result["said"]
    assert "allow_pickle" not in result["said"]
    if kind != "recipes":  # which tell everything that is wrong at once
        assert "\n" not in result["said"]
    assert result["seconds"] < 1
