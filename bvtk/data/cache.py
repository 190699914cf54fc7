"""The cache folder, and the prepared arrays in it: memory-mapped bytes with a JSON sidecar.

The sidecar says what the array was prepared from, its sha256 and when it was written. Opening
compares these and the array's header and size; only where the file was touched since are its
contents hashed again. What does not agree is prepared anew.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bvtk.errors import DataError
from bvtk.files import atomic_file, file_lock, remove_leftovers, write_text_atomic
from bvtk.npy import map_npy

_FORMAT = 1
_SPARE = 64 << 20


@dataclass(frozen=True)
class Prepared:
    """An array of the cache.

    Args:
        array: its values, mapped from the disk.
        facts: what is known of it, `sha256` of its file included.
    """

    array: NDArray[np.uint8]
    facts: dict[str, Any]


@dataclass(frozen=True)
class Plan:
    """How to prepare an array.

    Args:
        shape: its shape.
        facts: what to keep beside it, as JSON values.
        blocks: its values, cut along the first axis, in order.
    """

    shape: tuple[int, ...]
    facts: dict[str, Any]
    blocks: Iterable[NDArray[np.uint8]]


@dataclass(frozen=True)
class _Sidecar:
    format: int
    key: dict[str, Any]
    shape: list[int]
    sha256: str
    mtime_ns: int
    facts: dict[str, Any]


def cache_folder() -> Path:
    """Where prepared data lies: `$BVTK_CACHE`, else `bvtk` in the system's cache folder of the user.

    Raises:
        DataError: where the user has no home folder.
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


def user_path(text: str) -> Path:
    """A path as users write it, `~` for the home folder.

    Raises:
        DataError: where there is no home folder, or the system can't take the path.
    """
    try:
        path = Path(text).expanduser()
        path.exists()
    except RuntimeError as error:
        raise DataError(
            f"{text!r} names a home folder that is unknown", "write the whole path, or set BVTK_CACHE"
        ) from error
    except OSError as error:
        raise DataError(
            f"{text[:200]} can't be reached: {error.strerror}", "check the path and its permissions"
        ) from error
    return path


def open_prepared(path: Path, key: dict[str, Any]) -> Prepared | None:
    """Opens an array of the cache.

    Args:
        path: its .npy file.
        key: what it must have been prepared from, as JSON values.

    Returns:
        The array; None where it is missing, damaged or was prepared from something else.
    """
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


def prepare(path: Path, key: dict[str, Any], plan: Callable[[], Plan]) -> Prepared:
    """Opens an array of the cache, preparing it first where that is needed.

    Of several processes that ask at once one prepares it, and the others wait.

    Args:
        path: its .npy file.
        key: what it is prepared from, as JSON values; another key means another array.
        plan: called only where it must be prepared.

    Raises:
        DataError: where the cache folder can't be written or has no room.
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
            f"the cache can't be written, {error.filename or path}: {error.strerror}",
            "set BVTK_CACHE to a folder that can be written",
        ) from error
    if prepared is None:
        raise DataError(
            f"{path} was changed by another program while it was written", "set BVTK_CACHE to a quiet folder"
        )
    return prepared


def _write(path: Path, key: dict[str, Any], plan: Plan) -> None:
    _check_room(path, math.prod(plan.shape))
    digest = hashlib.sha256()
    with atomic_file(path) as temporary, temporary.open("xb") as file:
        for piece in _pieces(plan):
            digest.update(piece)
            file.write(piece)
    _write_sidecar(path, _Sidecar(_FORMAT, key, list(plan.shape), digest.hexdigest(), _mtime(path), plan.facts))


def _pieces(plan: Plan) -> Iterator[bytes | memoryview]:
    yield _header(plan.shape)
    for block in plan.blocks:
        yield np.ascontiguousarray(block).data.cast("B")


def _header(shape: tuple[int, ...]) -> bytes:
    header = io.BytesIO()
    description = {"descr": "|u1", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(header, description)
    return header.getvalue()


def _is_untouched(path: Path, sidecar: _Sidecar) -> bool:
    """Whether a file holds what was written; hashed only where its time of change is another, as after copying."""
    mtime = _mtime(path)
    if mtime == sidecar.mtime_ns:
        return True
    if _sha256(path) != sidecar.sha256:
        return False
    with suppress(OSError):
        _write_sidecar(path, replace(sidecar, mtime_ns=mtime))
    return True


def _mtime(path: Path) -> int:
    return path.stat().st_mtime_ns


def _write_sidecar(path: Path, sidecar: _Sidecar) -> None:
    write_text_atomic(path.with_suffix(".json"), json.dumps(asdict(sidecar), indent=2) + "\n")


def _check_room(path: Path, size: int) -> None:
    free = shutil.disk_usage(path.parent).free
    if free < size + _SPARE:
        raise DataError(
            f"{path} needs {size / 1e6:.0f} MB, {free / 1e6:.0f} MB are free",
            "make room, or set BVTK_CACHE to a folder on a larger disk",
        )


def _read_sidecar(path: Path) -> _Sidecar | None:
    try:
        sidecar = _Sidecar(**json.loads(path.with_suffix(".json").read_bytes()))
    except (OSError, ValueError, TypeError, RecursionError):
        return None
    return sidecar if sidecar.format == _FORMAT and isinstance(sidecar.facts, dict) else None


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
