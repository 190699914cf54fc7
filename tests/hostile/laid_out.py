"""The hostile files on the disk, and a process of its own that reads them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.hostile.bytes_of import npy, npz, tensors
from tests.hostile.cases import CODES, FACTORS, GOOD, IMAGES, KINDS, Content, encoded, hdf5, weights

ROOT = Path(__file__).parents[2]
GOOD_FILES: dict[str, dict[str, Content]] = {
    "arrays": {"a.npz": npz(images=IMAGES, factors=FACTORS), "a.npy": npy(IMAGES * 0.5)},
    "codes": {"a.npz": npz(codes=CODES, factors=FACTORS)},
    "exports": {"a.safetensors": tensors(json.dumps(GOOD | {"scores": {"mig": {"score": 0.5}}}), **weights())},
    "pictures": {"folder": lambda path: (path.mkdir(), (path / "a.png").write_bytes(encoded("PNG")))},
    "hdf5": {"a.h5": hdf5(data=IMAGES)},
    "saved": {"a.json": b'{"mig": {"score": 0.5}}'},
}
"""One of each kind that is as it should be: what it loads, a hostile one need not load."""


def put(path: Path, content: Content) -> None:
    """Writes a file, and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        content(path)


def lay_out(folder: Path) -> None:
    """Writes every hostile file by kind and name, and those that are as they should be under `good`."""
    for kind, files in GOOD_FILES.items():
        for name, content in files.items():
            put(folder / "good" / kind / name, content)
    for kind, cases in KINDS.items():
        for name, (content, _) in cases.items():
            inside = folder / kind / name
            put(inside / name if kind == "pictures" else inside, content)


def read_by(module: str, folder: Path) -> str:
    """What a module prints that reads a folder in a process of its own."""
    command = [sys.executable, "-m", f"tests.hostile.{module}", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return done.stdout
