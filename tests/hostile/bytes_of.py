"""Files written byte by byte, as no library would write them."""

from __future__ import annotations

import io
import json
import struct
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np

HUGE = 10**12


def npy(array: np.ndarray) -> bytes:
    """A .npy file, of Python objects, too."""
    file = io.BytesIO()
    np.save(file, array, allow_pickle=True)
    return file.getvalue()


def header(descr: str, shape: str, values: bytes = b"", fortran: bool = False) -> bytes:
    """A .npy file with a header of one's own."""
    text = f"{{'descr': {descr}, 'fortran_order': {fortran}, 'shape': {shape}}}\n".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + values


def archive(members: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip archive."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as opened:
        for name, data in members.items():
            opened.writestr(name, data)
    return file.getvalue()


def npz(**arrays: np.ndarray | bytes) -> bytes:
    """A .npz file, of arrays or of what only claims to be one."""
    return archive({f"{name}.npy": npy(a) if isinstance(a, np.ndarray) else a for name, a in arrays.items()})


def lying(size: int, **arrays: np.ndarray | bytes) -> bytes:
    """A .npz file whose list says that its last array, a header alone, has so many bytes of values."""
    *_, head = arrays.values()
    changed = bytearray(npz(**arrays))
    entry = changed.rindex(b"PK\x01\x02")
    changed[entry + 24 : entry + 28] = struct.pack("<I", len(head) + size)
    return bytes(changed)


def zeros(name: str, start: bytes, megabytes: int) -> bytes:
    """An archive of one member, some bytes and then many megabytes of zeros, packed to a thousandth."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as opened, opened.open(name, "w") as member:
        member.write(start)
        for _ in range(megabytes):
            member.write(bytes(1 << 20))
    return file.getvalue()


def safetensors(head: Any, values: bytes = b"", length: int | None = None) -> bytes:
    """A safetensors file with a header of one's own."""
    text = head if isinstance(head, bytes) else json.dumps(head).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + values


def tensors(metadata: str, **kept: np.ndarray) -> bytes:
    """A safetensors file with metadata of one's own."""
    names = {np.dtype(np.float32): "F32", np.dtype(np.float64): "F64", np.dtype(np.int64): "I64"}
    head: dict[str, Any] = {"__metadata__": {"bvtk": metadata}}
    values = b""
    for name, array in kept.items():
        data = array.tobytes()
        offsets = [len(values), len(values) + len(data)]
        head[name.replace("__", ".")] = {"dtype": names[array.dtype], "shape": array.shape, "data_offsets": offsets}
        values += data
    return safetensors(head, values)


def png(width: int, height: int, rows: bytes = b"", kind: tuple[int, int] = (1, 0)) -> bytes:
    """A PNG; its rows by default as many zeros as its header promises, packed to a thousandth.

    Args:
        width: in pixels.
        height: in pixels.
        rows: the packed rows.
        kind: bits a sample, and the type of colour.
    """
    bits, colour = kind
    row = 1 + (width * bits * {0: 1, 2: 3, 6: 4}[colour] + 7) // 8
    packed = rows or _packed_zeros(row * height)
    head = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"IDAT", packed), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in chunks)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _packed_zeros(size: int) -> bytes:
    packer = zlib.compressobj(1)
    pieces = [packer.compress(bytes(min(1 << 20, size - at))) for at in range(0, size, 1 << 20)]
    return b"".join(pieces) + packer.flush()
