"""Hostile and damaged .npy and .npz files."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bvtk import npy
from bvtk.errors import DataError
from bvtk.npy import map_npy, open_npz


def npy_bytes(header: str, values: bytes = b"", version: int = 1) -> bytes:
    text = header.encode("latin1") + b"\n"
    length = struct.pack("<H" if version == 1 else "<I", len(text))
    return b"\x93NUMPY" + bytes([version, 0]) + length + text + values


def described(descr: str, shape: str) -> str:
    return f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}}}"


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def write_npz(path: Path, members: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def saved(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array, allow_pickle=False)
    return file.getvalue()


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", ["u1", "<f4", ">f8", "<i2"])
def test_good_files_are_read_as_numpy_reads_them(tmp_path: Path, dtype: str, order: str) -> None:
    array = np.asarray(np.arange(24).reshape(2, 3, 4), dtype, order=order)
    np.save(tmp_path / "a.npy", array)
    np.savez_compressed(tmp_path / "a.npz", first=array, second=array[:0])
    mapped = map_npy(tmp_path / "a.npy")
    assert (mapped == array).all()
    assert mapped.dtype == array.dtype
    with open_npz(tmp_path / "a.npz") as npz:
        assert npz.names == ("first", "second")
        assert (npz.read("first") == array).all()
        assert npz.read("second").shape == (0, 3, 4)
        assert npz.header("first").shape == (2, 3, 4)


@pytest.mark.parametrize(
    ("header", "found"),
    [
        (described("'|u1'", "(10, 64, 64)"), "truncated"),
        (described("'<f8'", f"({10**18}, {10**18})"), "truncated"),
        (described("'|u1'", "(-1, 64, 64)"), "has the invalid shape"),
        (described("'|u1'", "(True, True, 16)"), "has the invalid shape"),
        (described("'|O'", "(1,)"), "Python objects"),
        (described("[('a', '|O'), ('b', '<f4')]", "(1,)"), "Python objects"),
        (described("'|u1'", "'no'"), "damaged header"),
        (described("'zz'", "(1,)"), "damaged header"),
        (described("__import__('os').system('true')", "(1,)"), "damaged header"),
        ("(" * 3000, "damaged header"),
        ("{}", "damaged header"),
        ("[]", "damaged header"),
    ],
)
def test_hostile_headers(tmp_path: Path, header: str, found: str) -> None:
    for version in (1, 2):
        with pytest.raises(DataError, match=found) as error:
            map_npy(write(tmp_path / "a.npy", npy_bytes(header, b"\0" * 16, version)))
        assert "a.npy" in str(error.value)
        write_npz(tmp_path / "a.npz", {"images.npy": npy_bytes(header, b"\0" * 16, version)})
        with open_npz(tmp_path / "a.npz") as npz, pytest.raises(DataError):
            npz.read("images")


@pytest.mark.parametrize("size", [0, 3, 6, 8, 10, 40, 127, 150])
def test_files_cut_short(tmp_path: Path, size: int) -> None:
    data = saved(np.zeros((4, 8, 8), np.uint8))
    with pytest.raises(DataError, match=r"damaged|truncated"):
        map_npy(write(tmp_path / "a.npy", data[:size]))


@pytest.mark.parametrize("part", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_archives_cut_short(tmp_path: Path, part: float) -> None:
    np.savez_compressed(tmp_path / "a.npz", images=np.random.default_rng(0).integers(0, 256, 5000, np.uint8))
    data = (tmp_path / "a.npz").read_bytes()
    with pytest.raises(DataError, match="damaged"), open_npz(write(tmp_path / "a.npz", data[: int(part * len(data))])):
        pass


def test_a_missing_array_lists_those_that_are_there(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", imgs=np.zeros(3), labels=np.zeros(3))
    with (
        open_npz(tmp_path / "a.npz") as npz,
        pytest.raises(DataError, match="no array 'images', found imgs, labels"),
    ):
        npz.read("images")


def test_headers_and_lists_of_arrays_are_bounded_before_they_are_read(tmp_path: Path) -> None:
    header = b"\x93NUMPY\x02\x00" + struct.pack("<I", 1 << 30) + bytes(1 << 22)
    write_npz(tmp_path / "a.npz", {"images.npy": header})
    with open_npz(tmp_path / "a.npz") as npz, pytest.raises(DataError, match="damaged header"):
        npz.read("images")
    write_npz(tmp_path / "b.npz", {f"{number:0200}.npy": b"" for number in range(5000)}, zipfile.ZIP_STORED)
    with pytest.raises(DataError, match="its directory is too long"), open_npz(tmp_path / "b.npz"):
        pass


@pytest.mark.parametrize("descr", ["'|S0'", "'<U0'", "'|V0'"])
def test_values_of_no_size(tmp_path: Path, descr: str) -> None:
    with pytest.raises(DataError, match="which has size 0"):
        map_npy(write(tmp_path / "a.npy", npy_bytes(described(descr, f"({10**12},)"))))


def test_names_of_arrays_are_shown_as_text_and_not_all_of_them(tmp_path: Path) -> None:
    write_npz(tmp_path / "a.npz", {f"\x1b[31m{number}.npy": b"" for number in range(30)})
    with open_npz(tmp_path / "a.npz") as npz, pytest.raises(DataError, match=r"\\x1b\[31m0, .* and 20 more") as error:
        npz.read("images")
    assert "\x1b" not in str(error.value)


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(npy, "RATIO_FREE", 1 << 16)
    monkeypatch.setattr(npy.np, "empty", lambda *_: pytest.fail("allocated"))
    np.savez_compressed(tmp_path / "a.npz", images=np.zeros((1 << 20,), np.uint8))
    with open_npz(tmp_path / "a.npz") as npz, pytest.raises(DataError, match="decompression bomb") as error:
        npz.read("images")
    assert ".npy" in error.value.hint


def test_a_large_array_is_refused_before_it_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(npy, "UNPACKED_LIMIT", 1000)
    np.savez(tmp_path / "a.npz", images=np.zeros(1001, np.uint8))
    with open_npz(tmp_path / "a.npz") as npz, pytest.raises(DataError, match="the limit is"):
        npz.read("images")


def test_an_archive_that_lies_about_its_sizes(tmp_path: Path) -> None:
    huge = npy_bytes(described("'|u1'", f"({1 << 31},)"), b"\0" * 100)
    write_npz(tmp_path / "a.npz", {"images.npy": huge}, zipfile.ZIP_STORED)
    with open_npz(tmp_path / "a.npz") as npz, pytest.raises(DataError, match="the archive says 100"):
        npz.read("images")
    data = bytearray((tmp_path / "a.npz").read_bytes())
    entry = data.rindex(b"PK\x01\x02")
    size = struct.pack("<I", len(huge) - 100 + (1 << 31))
    data[entry + 20 : entry + 28] = size + size  # the directory says that all of it is there
    with open_npz(write(tmp_path / "a.npz", bytes(data))) as npz, pytest.raises(DataError):
        npz.read("images")


def test_flipped_bits_are_found(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", images=np.zeros(1000, np.uint8))
    data = bytearray((tmp_path / "a.npz").read_bytes())
    data[600] ^= 1
    with open_npz(write(tmp_path / "a.npz", bytes(data))) as npz, pytest.raises(DataError, match="damaged"):
        npz.read("images")


def test_an_encrypted_member_and_an_unknown_method(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", images=np.zeros(10, np.uint8))
    good = (tmp_path / "a.npz").read_bytes()
    entry = good.rindex(b"PK\x01\x02")
    for offset, value in ((8, 1), (10, 97)):
        data = bytearray(good)
        data[entry + offset] = data[offset - 2] = value
        with open_npz(write(tmp_path / "a.npz", bytes(data))) as npz, pytest.raises(DataError, match="damaged"):
            npz.read("images")


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_no_damage_gives_anything_but_a_data_error(tmp_path: Path, data: st.DataObject) -> None:
    path = tmp_path / "a.npz"
    np.savez_compressed(path, images=np.arange(500, dtype=np.uint16))
    good = path.read_bytes()
    bad = bytearray(good[: data.draw(st.integers(1, len(good)))])
    for _ in range(data.draw(st.integers(0, 3))):
        bad[data.draw(st.integers(0, len(bad) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(bad)
    try:
        with open_npz(path) as npz:
            npz.read("images")
    except DataError:
        pass
