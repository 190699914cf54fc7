"""Whether a file is still what it was: its size, times and inode, and sums of its contents."""

from __future__ import annotations

import hashlib
import os
import zlib
from pathlib import Path
from random import SystemRandom

from bvtk.reading import open_file

BLOCK = 1 << 20
"""Bytes of a block that has a sum of its own."""

SAMPLES = 4
"""Blocks that `samples_agree` compares."""


def stamp(status: os.stat_result) -> dict[str, int]:
    """What changes when a file is changed or replaced, even if its size and modification time are set back."""
    times = {"mtime_ns": status.st_mtime_ns, "ctime_ns": status.st_ctime_ns}
    return {"size": status.st_size, **times, "inode": status.st_ino}


class Sums:
    """The SHA-256 of a file, and the CRC-32 of each of its blocks."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()
        self._size = 0
        self.blocks: list[int] = []

    @classmethod
    def of(cls, path: Path) -> Sums:
        """The sums of a file, which is read in full."""
        sums = cls()
        with open_file(path) as file:
            while part := file.read(BLOCK):
                sums.add(part)
        return sums

    def add(self, data: bytes | memoryview) -> None:
        """Adds the next bytes."""
        view = memoryview(data)
        self._digest.update(view)
        while view:
            filled = self._size % BLOCK
            part, view = view[: BLOCK - filled], view[BLOCK - filled :]
            before = self.blocks.pop() if filled else 0
            self.blocks.append(zlib.crc32(part, before))
            self._size += len(part)

    @property
    def sha256(self) -> str:
        """The SHA-256 in hexadecimal."""
        return self._digest.hexdigest()


def samples_agree(path: Path, blocks: list[int]) -> bool:
    """Whether a few blocks of a file, chosen at random, have the given sums."""
    with open_file(path) as file:
        for number in SystemRandom().sample(range(len(blocks)), min(SAMPLES, len(blocks))):
            file.seek(number * BLOCK)
            if zlib.crc32(file.read(BLOCK)) != blocks[number]:
                return False
    return True
