"""The data set `images`: the image files of a folder."""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from bvtk.data import image_files
from bvtk.data.cache import Plan, Prepared, array_path, open_prepared, prepare
from bvtk.data.fields import user_path
from bvtk.data.imageset import Bytes, ImageSet
from bvtk.data.sums import stamp
from bvtk.errors import DataError
from bvtk.protocols import ImageShape

IN_MEMORY = 64 << 20
"""Decoded images of more bytes than this are kept in the cache folder, so that they are decoded only once."""

_BLOCK = 64
_WORKERS = min(8, os.cpu_count() or 1)
_VERSION = 1


def open_images(path: str, size: tuple[int, int] | None = None, channels: int | None = None) -> ImageSet:
    """Opens a folder of image files.

    Args:
        path: the folder, searched recursively.
        size: height and width in pixels (default: those of the files).
        channels: 1 for greyscale, 3 for RGB (default: 1 if all files are greyscale).

    Returns:
        The data set, in the order of the file names, with peak 255 and no factors.

    Raises:
        DataError: if there are no image files, one can't be read, or they differ in size and none is given.
    """
    folder = user_path(path)
    files = find_files(folder)
    prepared = _open(folder, files, size, channels)
    facts = {"source": "images", "path": path, "count": len(files), "sha256": prepared.facts["contents"]}
    return ImageSet(Bytes(prepared.array), None, 255, facts)


def find_files(folder: Path) -> list[Path]:
    """All image files in a folder and its subfolders, sorted by name, without hidden ones.

    Raises:
        DataError: if it is not a folder or has no image files.
    """
    if not folder.is_dir():
        what = "is not a folder" if folder.exists() else "does not exist"
        raise DataError(f"{folder} {what}", "paths are relative to the folder that bvtk is started in")
    files = [file for file in _walk(folder) if file.suffix.lower() in image_files.SUFFIXES and file.is_file()]
    if not files:
        raise DataError(f"{folder} has no image files", f"bvtk reads {', '.join(image_files.SUFFIXES)}")
    return sorted(files, key=lambda file: file.relative_to(folder).as_posix())


def _walk(folder: Path) -> Iterator[Path]:
    """Files that are not hidden. A folder that several links point to is entered once."""
    seen = set()
    for parent, folders, names in os.walk(folder, onerror=_raise, followlinks=True):
        status = Path(parent).stat()
        place = (status.st_dev, status.st_ino)
        if place in seen:
            folders.clear()
            continue
        seen.add(place)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(parent, name) for name in names if not name.startswith("."))


def _raise(error: OSError) -> NoReturn:
    raise DataError(f"can't search {error.filename}: {error.strerror}", "check its permissions") from error


def _open(folder: Path, files: list[Path], size: tuple[int, int] | None, channels: int | None) -> Prepared:
    key = {"decoder": _VERSION, "size": size, "channels": channels, "listing": _listing_digest(folder, files)}
    path = array_path("images", key)
    prepared = open_prepared(path, key)
    if prepared:
        return prepared
    survey = _survey(folder, files)
    target = _target(folder, survey, size, channels)
    shape = (len(files), target.channels, target.height, target.width)
    facts = {"contents": survey.contents}
    blocks = _decode(files, target)
    if math.prod(shape) > IN_MEMORY:
        return prepare(path, key, lambda: Plan(shape, blocks, facts))
    return Prepared(np.concatenate(list(blocks)), facts)


def _listing_digest(folder: Path, files: list[Path]) -> str:
    """A digest that changes if a file is added, removed, renamed or modified."""
    digest = hashlib.sha256(str(folder.absolute()).encode("utf-8", "surrogateescape"))
    for file in files:
        version = " ".join(map(str, stamp(file.stat()).values()))
        digest.update(f"\0{version} ".encode() + os.fsencode(file.relative_to(folder)))
    return digest.hexdigest()


@dataclass(frozen=True)
class Survey:
    """The head of each image, the names of the files in the folder, and the sha256 of all names and contents."""

    heads: list[image_files.Head]
    files: list[str]
    contents: str


def _survey(folder: Path, files: list[Path]) -> Survey:
    digest = hashlib.sha256()
    heads, names = [], [file.relative_to(folder).as_posix() for file in files]
    for file, name in zip(files, names, strict=True):
        data = image_files.read(file)
        digest.update(hashlib.sha256(os.fsencode(name)).digest() + hashlib.sha256(data).digest())
        heads.append(image_files.read_head(data, file))
    return Survey(heads, names, digest.hexdigest())


def _target(folder: Path, survey: Survey, size: tuple[int, int] | None, channels: int | None) -> ImageShape:
    heads = survey.heads
    first = heads[0]
    if size is None:
        for name, head in zip(survey.files, heads, strict=True):
            if head.size != first.size:
                raise _size_error(folder, survey, f"{name} is {head}")
    grey = all(head.grey for head in heads)
    return ImageShape(channels or (1 if grey else 3), *(size or first.size))


def _size_error(folder: Path, survey: Survey, other: str) -> DataError:
    """Names two files that differ, and proposes 64 or the largest power of two that the smallest image fills."""
    smallest = min(min(head.size) for head in survey.heads)
    proposal = min(64, 1 << (smallest.bit_length() - 1))
    return DataError(
        f"the images in {folder} differ in size: {survey.files[0]} is {survey.heads[0]}, {other} (width × height)",
        f"set a size to crop and resize them to, such as `size: {proposal}`",
    )


def _decode(files: list[Path], target: ImageShape) -> Iterator[NDArray[np.uint8]]:
    """Images in the order of the files, one block at a time, decoded by several threads."""
    remaining = iter(files)
    with ThreadPoolExecutor(_WORKERS) as pool:
        while block := list(islice(remaining, _BLOCK)):
            yield np.stack(list(pool.map(lambda file: image_files.decode(file, target), block)))
