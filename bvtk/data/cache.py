"""The cache folder and the arrays in it: memory-mapped bytes, each with a JSON sidecar.

The sidecar says what the array was made from, its sums, and the size, times and inode of its file. Opening an array
compares them with the file, and a few blocks with their sums; all contents are compared if a time or the inode differs,
and by `damaged_arrays`. An array that does not match is made again.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bvtk.data.fields import user_path
from bvtk.data.sums import Sums, samples_agree, stamp
from bvtk.errors import DataError
from bvtk.files import atomic_file, remove_leftovers, write_text_atomic
from bvtk.locks import file_lock
from bvtk.npy import map_npy
from bvtk.reading import open_file, read_file

_FORMAT = 2
_SPARE = 64 << 20


@dataclass(frozen=True)
class Prepared:
    """An array of the cache, mapped from the disk; its facts are those of its `Plan` and the `sha256` of its file."""

    array: NDArray[np.uint8]
    facts: dict[str, Any]


@dataclass(frozen=True)
class Plan:
    """How to make an array.

    Args:
        shape: its shape.
        blocks: its values in order, cut along the first axis. Only one block at a time is in memory.
        facts: what to remember about it, as JSON values. They are read after the last block, which may still add some.
    """

    shape: tuple[int, ...]
    blocks: Iterable[NDArray[np.uint8]]
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class _Sidecar:
    format: int
    key: dict[str, Any]
    shape: list[int]
    sha256: str
    facts: dict[str, Any]
    stamp: dict[str, int]
    blocks: list[int]


def cache_folder() -> Path:
    """The cache folder: `$BVTK_CACHE`, else `bvtk` in the user's cache folder of the system.

    Raises:
        DataError: if the user has no home folder.
    """
    own, xdg = os.environ.get("BVTK_CACHE"), os.environ.get("XDG_CACHE_HOME", "")
    if own:
        return user_path(own).absolute()
    if Path(xdg).is_absolute():
        return Path(xdg, "bvtk")
    local = os.environ.get("LOCALAPPDATA", "")
    if os.name == "nt" and local:
        return Path(local, "bvtk", "Cache")
    return user_path("~/Library/Caches/bvtk" if sys.platform == "darwin" else "~/.cache/bvtk")


def file_key(path: Path) -> dict[str, Any]:
    """Identifies a version of a file by path, size, times and inode, for the `key` of `prepare_array`.

    Raises:
        DataError: if it is not a file that can be read.
    """
    try:
        status = path.stat()
        open_file(path).close()
    except IsADirectoryError:
        raise DataError(f"{path} is a folder, expected a file", "give the path of a file") from None
    except OSError as error:
        raise DataError(f"{path} can't be read: {error.strerror}", "check the path and its permissions") from error
    return {"path": str(path.absolute()), **stamp(status)}


def prepare_array(folder: str, key: Mapping[str, Any], plan: Callable[[], Plan]) -> Prepared:
    """Opens an array of the cache, making it first if it is not there.

    Nothing is seen of an array before it is whole on the disk. If several processes ask for the same array at once,
    one makes it and the others wait.

    Args:
        folder: a folder inside the cache folder, such as the name of the data set.
        key: what the array is made from, as JSON values; another key means another array.
        plan: called only if the array must be made.

    Raises:
        DataError: if the cache folder can't be written or has no room, or the blocks don't match the plan's shape.
    """
    return prepare(array_path(folder, key), key, plan)


def array_path(folder: str, key: Mapping[str, Any]) -> Path:
    """The file of an array that is named by its key."""
    digest = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()
    return cache_folder() / folder / f"{digest[:16]}.npy"


def open_prepared(path: Path, key: Mapping[str, Any]) -> Prepared | None:
    """Opens a .npy file of the cache; None if it is missing, damaged or made from something else than the key."""
    sidecar = _read_sidecar(path)
    if sidecar is None or sidecar.key != json.loads(json.dumps(key)):
        return None
    try:
        array = map_npy(path)
        if array.dtype != np.uint8 or list(array.shape) != sidecar.shape or not _is_untouched(path, sidecar):
            return None
    except (DataError, OSError):
        return None
    return Prepared(array, sidecar.facts | {"sha256": sidecar.sha256})


def prepare(path: Path, key: Mapping[str, Any], plan: Callable[[], Plan]) -> Prepared:
    """Opens an array of the cache as `prepare_array` does, in a .npy file of the caller's choice.

    Raises:
        DataError: as `prepare_array` does.
    """
    prepared = open_prepared(path, key)
    if prepared:
        return prepared
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with file_lock(path.with_suffix(".lock"), wait=True):
            prepared = open_prepared(path, key)
            if prepared is None:
                remove_leftovers(path)
                _write(path, key, plan())
                prepared = open_prepared(path, key)
    except OSError as error:
        raise DataError(
            f"can't write to the cache, {error.filename or path}: {error.strerror}",
            "set BVTK_CACHE to a folder that can be written",
        ) from error
    if prepared is None:
        raise DataError(
            f"{path} was changed by another program while it was written",
            "set BVTK_CACHE to a folder that no other program writes to",
        )
    return prepared


def _write(path: Path, key: Mapping[str, Any], plan: Plan) -> None:
    size, free = math.prod(plan.shape), shutil.disk_usage(path.parent).free
    if free < size + _SPARE:
        raise DataError(
            f"{path} needs {size / 1e6:.0f} MB, only {free / 1e6:.0f} MB are free",
            "make room, or set BVTK_CACHE to a folder on a larger disk",
        )
    sums = Sums()
    with atomic_file(path) as temporary, temporary.open("xb") as file:
        for piece in _pieces(plan):
            sums.add(piece)
            file.write(piece)
    made = _Sidecar(
        _FORMAT, dict(key), list(plan.shape), sums.sha256, dict(plan.facts), stamp(path.stat()), sums.blocks
    )
    _write_sidecar(path, made)


def _pieces(plan: Plan) -> Iterator[bytes | memoryview]:
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "|u1", "fortran_order": False, "shape": plan.shape})
    yield header.getvalue()
    rows = 0
    for block in plan.blocks:
        rows += len(block)
        if block.dtype != np.uint8 or block.shape[1:] != plan.shape[1:] or rows > plan.shape[0]:
            raise _block_error(plan, f"a block is {block.dtype} of shape {block.shape} and ends at row {rows}")
        yield np.ascontiguousarray(block).data.cast("B")
    if rows != plan.shape[0]:
        raise _block_error(plan, f"the blocks have {rows} rows")


def _block_error(plan: Plan, found: str) -> DataError:
    return DataError(f"can't fill an array of shape {plan.shape}: {found}", "yield uint8 blocks that add up to it")


def _is_untouched(path: Path, sidecar: _Sidecar) -> bool:
    """Whether a file holds what was written: samples of it if its stamp is the recorded one, else all of it."""
    current = stamp(path.stat())
    if current == sidecar.stamp and sidecar.blocks:
        return samples_agree(path, sidecar.blocks)
    sums = Sums.of(path)
    if sums.sha256 != sidecar.sha256:
        return False
    with suppress(OSError):
        _write_sidecar(path, replace(sidecar, format=_FORMAT, stamp=current, blocks=sums.blocks))
    return True


def damaged_arrays(folder: Path) -> list[Path]:
    """The arrays below a folder whose contents are not those that were written. All of them are read."""
    paths = [path.with_suffix(".npy") for path in sorted(folder.rglob("*.json"))]
    known = [(path, sidecar) for path in paths if path.is_file() and (sidecar := _read_sidecar(path))]
    return [path for path, sidecar in known if Sums.of(path).sha256 != sidecar.sha256]


def _write_sidecar(path: Path, sidecar: _Sidecar) -> None:
    write_text_atomic(path.with_suffix(".json"), json.dumps(asdict(sidecar)) + "\n")


def _read_sidecar(path: Path) -> _Sidecar | None:
    try:
        found = json.loads(read_file(path.with_suffix(".json")))
        if found["format"] == 1:
            found |= {"stamp": {}, "blocks": []}
            del found["mtime_ns"]
        sidecar = _Sidecar(**found)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    valid = sidecar.format in (1, _FORMAT) and isinstance(sidecar.facts, dict) and isinstance(sidecar.blocks, list)
    return sidecar if valid else None
