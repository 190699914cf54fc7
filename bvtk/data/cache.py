"""The cache folder and the arrays in it: memory-mapped bytes, each with a JSON sidecar.

The sidecar says what the array was made from, its sha256 and its modification time. Opening compares
them with the file. The contents are hashed again only if the modification time differs. An array that
does not match is made again.
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
from bvtk.errors import DataError
from bvtk.files import atomic_file, remove_leftovers, sha256_of_file, write_text_atomic
from bvtk.locks import file_lock
from bvtk.npy import map_npy

_FORMAT = 1
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
    mtime_ns: int
    facts: dict[str, Any]


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
    """Identifies a version of a file by path, size and modification time, for the `key` of `prepare_array`.

    Raises:
        DataError: if it is not a file that can be read.
    """
    try:
        status = path.stat()
        path.open("rb").close()
    except IsADirectoryError:
        raise DataError(f"{path} is a folder, expected a file", "give the path of a file") from None
    except OSError as error:
        raise DataError(f"{path} can't be read: {error.strerror}", "check the path and its permissions") from error
    return {"path": str(path.absolute()), "size": status.st_size, "mtime_ns": status.st_mtime_ns}


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
    digest = hashlib.sha256()
    with atomic_file(path) as temporary, temporary.open("xb") as file:
        for piece in _pieces(plan):
            digest.update(piece)
            file.write(piece)
    mtime = path.stat().st_mtime_ns
    _write_sidecar(path, _Sidecar(_FORMAT, dict(key), list(plan.shape), digest.hexdigest(), mtime, dict(plan.facts)))


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
    """Whether a file holds what was written. It is hashed only if its modification time differs, as after copying."""
    mtime = path.stat().st_mtime_ns
    if mtime == sidecar.mtime_ns:
        return True
    if sha256_of_file(path) != sidecar.sha256:
        return False
    with suppress(OSError):
        _write_sidecar(path, replace(sidecar, mtime_ns=mtime))
    return True


def _write_sidecar(path: Path, sidecar: _Sidecar) -> None:
    write_text_atomic(path.with_suffix(".json"), json.dumps(asdict(sidecar), indent=2) + "\n")


def _read_sidecar(path: Path) -> _Sidecar | None:
    try:
        sidecar = _Sidecar(**json.loads(path.with_suffix(".json").read_bytes()))
    except (OSError, ValueError, TypeError, RecursionError):
        return None
    return sidecar if sidecar.format == _FORMAT and isinstance(sidecar.facts, dict) else None
