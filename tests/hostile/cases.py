"""Hostile files by what reads them: what is written, and what the refusal must say."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from PIL import Image

from tests.hostile.bytes_of import HUGE, archive, header, lying, npy, npz, png, safetensors, tensors, zeros

Content = bytes | Callable[[Path], None]
Cases = dict[str, tuple[Content, str]]

IMAGES = np.zeros((4, 8, 8), np.uint8)
FACTORS = np.arange(8).reshape(4, 2)
CODES = np.random.default_rng(0).normal(size=(4, 3))
NAN = np.full((4, 8, 8), np.nan, np.float32)
OBJECTS = np.array([{"a": 1}] * 4, object)
TWICE = np.array(["size", "size"])


class Bomb:
    """Fails wherever it is unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return exec, ("raise SystemExit('unpickled')",)


def sparse(size: int, start: bytes = b"") -> Callable[[Path], None]:
    """A file of many bytes that takes no room on the disk."""

    def write(path: Path) -> None:
        path.write_bytes(start)
        with path.open("r+b") as file:
            file.truncate(size)

    return write


ARRAYS: Cases = {
    "empty": (b"", "neither a .npz nor a .npy"),
    "text": (b"hello\n", "neither a .npz nor a .npy"),
    "pickle": (b"\x80\x04\x95", "neither a .npz nor a .npy"),
    "folder": (Path.mkdir, "is not a file"),
    "link-in-a-circle": (lambda path: path.symlink_to(path.name), "does not exist"),
    "npy-cut-short": (npy(IMAGES)[:-1], "truncated"),
    "npy-cut-in-its-header": (npy(IMAGES)[:40], "damaged header"),
    "npy-of-objects": (npy(OBJECTS), "Python objects"),
    "npy-of-a-bomb": (npy(np.array(Bomb(), object)), "Python objects"),
    "npy-of-a-structure": (npy(np.zeros(4, [("a", "u1"), ("b", "f4")])), "expected uint8 or floats"),
    "npy-of-text": (npy(np.array(["a", "b"])), "expected uint8 or floats"),
    "npy-of-booleans": (npy(IMAGES == 0), "expected uint8 or floats"),
    "npy-of-integers": (npy(IMAGES.astype(np.int64)), "expected uint8 or floats"),
    "npy-of-complex-numbers": (npy(IMAGES.astype(np.complex64)), "expected uint8 or floats"),
    "npy-of-times": (npy(IMAGES.astype("M8[s]")), "expected uint8 or floats"),
    "npy-of-no-size": (header("'|S0'", f"({HUGE},)"), "which has size 0"),
    "npy-of-nan": (npy(NAN), "not finite"),
    "npy-of-infinity": (npy(np.where(FACTORS[0, 0] == NAN, NAN, np.inf)), "not finite"),
    "npy-of-large-floats": (npy(IMAGES + 255.0), "expected [0, 1]"),
    "npy-of-one-number": (npy(np.uint8(5)[()].reshape(())), "expected (n, C, H, W)"),
    "npy-of-five-axes": (npy(IMAGES[None, None]), "expected (n, C, H, W)"),
    "npy-channels-last": (npy(np.zeros((4, 8, 8, 3), np.uint8)), "with the channels last"),
    "npy-of-nothing": (npy(IMAGES[:0]), "no image in it"),
    "npy-of-no-width": (npy(IMAGES[:, :, :0]), "no image in it"),
    "npy-of-negative-length": (header("'|u1'", "(-4, 8, 8)", bytes(256)), "has the invalid shape"),
    "npy-of-absurd-length": (header("'|u1'", f"({HUGE}, {HUGE}, {HUGE})"), "truncated"),
    "npy-of-absurd-floats": (header("'<f8'", f"({HUGE}, 64, 64)", fortran=True), "truncated"),
    "npy-of-many-axes": (header("'|u1'", f"({'1, ' * 70})", b"\0"), "70 axes"),
    "npy-of-code": (header("__import__('os').system('true')", "(1,)"), "damaged header"),
    "npy-of-nested-code": (b"\x93NUMPY\x01\x00\x28\x23" + b"-" * 9000, "damaged header"),
    "npy-of-brackets": (b"\x93NUMPY\x01\x00\x28\x23" + b"(" * 9000, "damaged header"),
    "npy-of-another-version": (b"\x93NUMPY\x09\x09" + bytes(100), "damaged header"),
    "npy-with-a-long-header": (sparse(3 << 30, b"\x93NUMPY\x02\x00\x00\x00\x00\x80"), "damaged header"),
    "npz-cut-short": (npz(images=IMAGES)[:-30], "damaged"),
    "npz-without-images": (npz(pictures=IMAGES), "no array 'images', found pictures"),
    "npz-with-hostile-names": (archive({"\x1b[2J\n.npy": npy(IMAGES)}), "found \\x1b[2J\\n"),
    "npz-of-many-arrays": (
        archive({f"{n:0200}.npy": b"" for n in range(6000)}, zipfile.ZIP_STORED),
        "its directory is too long",
    ),
    "npz-of-nothing": (archive({}), "found nothing"),
    "npz-bomb": (zeros("images.npy", header("'|u1'", f"({300 << 20}, 1, 1)"), 300), "decompression bomb"),
    "npz-bomb-of-factors": (
        lying((3 << 25) * 40, images=IMAGES, factors=header("'<i8'", f"({3 << 25}, 5)")),
        "array 'factors'",
    ),
    "npz-bomb-in-a-header": (zeros("images.npy", b"\x93NUMPY\x02\x00\x00\x00\x00\x40", 64), "damaged header"),
    "npz-larger-than-memory": (npz(images=header("'|u1'", f"({HUGE},)")), "the archive says 0"),
    "npz-that-lies": (lying(3 << 30, images=header("'|u1'", f"({3 << 30}, 1, 1)")), "decompression bomb"),
    "npz-of-objects": (npz(images=OBJECTS), "Python objects"),
    "npz-with-factors-of-objects": (npz(images=IMAGES, factors=OBJECTS), "Python objects"),
    "npz-with-factors-of-floats": (npz(images=IMAGES, factors=FACTORS * 0.5), "expected integers"),
    "npz-with-negative-factors": (npz(images=IMAGES, factors=FACTORS - 1), "negative value"),
    "npz-with-other-rows": (npz(images=IMAGES, factors=FACTORS[:3]), "4 images and 3 rows"),
    "npz-with-names-of-objects": (npz(images=IMAGES, factors=FACTORS, factor_names=OBJECTS[:2]), "Python objects"),
    "npz-with-a-name-twice": (npz(images=IMAGES, factors=FACTORS, factor_names=TWICE), "distinct printable names"),
    "npz-with-a-name-of-escapes": (
        npz(images=IMAGES, factors=FACTORS, factor_names=np.array(["a", "\x1b[2J"])),
        "distinct printable names",
    ),
    "npz-with-characters-that-are-none": (
        npz(images=IMAGES, factors=FACTORS, factor_names=header("'<U1'", "(2,)", b"\xff" * 8)),
        "invalid characters",
    ),
}

CODES_FILES: Cases = {
    "empty": (b"", "not a .npz file"),
    "text": (b"codes: 5\n", "not a .npz file"),
    "one-array": (npy(CODES), "found a single array"),
    "nothing": (archive({}), "expected 'codes' and 'factors', found nothing"),
    "cut-short": (npz(codes=CODES, factors=FACTORS)[:-30], "damaged"),
    "objects": (npz(codes=OBJECTS, factors=FACTORS), "Python objects"),
    "a-bomb-that-runs": (npz(codes=np.array(Bomb(), object), factors=FACTORS), "Python objects"),
    "nan": (npz(codes=np.where(CODES > 9, CODES, np.nan), factors=FACTORS), "expected finite numbers, found 12"),
    "one-infinity": (npz(codes=np.where(CODES.max() == CODES, np.inf, CODES), factors=FACTORS), "found 1 that are not"),
    "text-for-numbers": (npz(codes=CODES.astype(str), factors=FACTORS), "expected real numbers"),
    "complex-numbers": (npz(codes=CODES * 1j, factors=FACTORS), "expected real numbers"),
    "three-axes": (npz(codes=CODES[None], factors=FACTORS), "found shape (1, 4, 3)"),
    "one-row": (npz(codes=CODES[:1], factors=FACTORS[:1]), "at least 2 rows"),
    "other-rows": (npz(codes=CODES, factors=FACTORS[:3]), "codes has 4 rows, but factors has 3"),
    "factors-of-nan": (npz(codes=CODES, factors=FACTORS * np.nan), "expected finite numbers, found 8"),
    "negative-factors": (npz(codes=CODES, factors=FACTORS - 1), "integers from 0"),
    "factors-past-64-bits": (npz(codes=CODES, factors=FACTORS.astype(np.uint64) + (1 << 63)), "integers from 0"),
    "absurd-shape": (npz(codes=header("'<f8'", f"({HUGE}, {HUGE})"), factors=FACTORS), "the archive says 0"),
    "negative-shape": (npz(codes=header("'<f8'", "(-4, 3)"), factors=FACTORS), "has the invalid shape"),
    "decompression-bomb": (zeros("codes.npy", header("'<f8'", f"({300 << 17}, 1)"), 300), "expected 'factors'"),
    "decompression-bomb-of-factors": (
        lying((3 << 25) * 40, codes=CODES, factors=header("'<i8'", f"({3 << 25}, 5)")),
        "decompression bomb",
    ),
    "names-of-objects": (npz(codes=CODES, factors=FACTORS, factor_names=OBJECTS), "Python objects"),
    "names-of-numbers": (npz(codes=CODES, factors=FACTORS, factor_names=FACTORS), "expected text"),
    "names-of-many": (npz(codes=CODES, factors=FACTORS, factor_names=np.array(["x"] * 9000)), "different names"),
    "half-a-test-set": (npz(codes=CODES, factors=FACTORS, codes_test=CODES), "factors_test is missing"),
}

RECIPE: dict[str, Any] = {
    "name": "x",
    "dataset": {"type": "arrays", "path": "a.npz"},
    "model": {
        "type": "vae",
        "latents": 1,
        "encoder": {"type": "mlp", "hidden": []},
        "decoder": {"type": "mlp", "hidden": []},
        "likelihood": "bernoulli",
    },
    "objective": "beta_vae",
    "training": {"steps": 1},
}
GOOD = {"format": 1, "recipe": RECIPE, "image_shape": [1, 2, 2], "peak": 1, "scores": {}}
"""Metadata of an export whose model has an encoder of 4 × 2 and a decoder of 1 × 4 weights."""


def with_model(**changes: Any) -> str:
    """Metadata of an export whose model is another."""
    return json.dumps(GOOD | {"recipe": RECIPE | {"model": RECIPE["model"] | changes}})


def said(**changes: Any) -> bytes:
    """An export whose metadata say something else."""
    return tensors(json.dumps(GOOD | changes), x=np.zeros(2, np.float32))


def weights(dtype: type = np.float32, value: float = 0.0) -> dict[str, np.ndarray]:
    """The tensors of the model in `GOOD`."""
    shapes = {
        "encoder__output__weight": (2, 4),
        "encoder__output__bias": (2,),
        "decoder__output__weight": (4, 1),
        "decoder__output__bias": (4,),
    }
    return {name: np.full(shape, value, dtype) for name, shape in shapes.items()}


TENSOR = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}
WIDE = {"encoder": {"type": "mlp", "hidden": [10**9, 10**9]}}

EXPORTS: Cases = {
    "empty": (b"", "can't be read as safetensors"),
    "text": (b"hello world, this is no model", "can't be read as safetensors"),
    "pickle": (archive({"archive/data.pkl": b"\x80\x04\x95"}), "can't be read as safetensors"),
    "folder": (Path.mkdir, "no such file"),
    "cut-short": (tensors(json.dumps(GOOD), **weights())[:-4], "can't be read as safetensors"),
    "long-header": (safetensors({}, length=2**60), "its header has"),
    "long-header-that-is-there": (sparse(90 << 20, safetensors(b"{", length=80 << 20)), "its header has"),
    "header-of-brackets": (safetensors(b"[" * 1_000_000), "can't be read as safetensors"),
    "many-tensors": (safetensors({f"{n}": TENSOR for n in range(100_000)}, bytes(8)), "can't be read as safetensors"),
    "absurd-shape": (safetensors({"x": TENSOR | {"shape": [HUGE, HUGE]}}, bytes(8)), "can't be read as safetensors"),
    "offsets-beyond-the-file": (safetensors({"x": TENSOR | {"data_offsets": [0, HUGE]}}), "can't be read"),
    "offsets-that-overlap": (safetensors({"x": TENSOR, "y": TENSOR}, bytes(8)), "can't be read as safetensors"),
    "unknown-type": (safetensors({"x": TENSOR | {"dtype": "O8"}}, bytes(8)), "can't be read as safetensors"),
    "foreign": (safetensors({"x": TENSOR}, bytes(8)), "no metadata key 'bvtk'"),
    "metadata-of-a-later-format": (tensors('{"format": 99}'), "expected format 1 or 2"),
    "metadata-no-json": (tensors("{"), "can't be read as safetensors"),
    "metadata-a-list": (tensors("[]"), "expected format 1 or 2"),
    "metadata-nested": (tensors("[" * 100_000), "recursion limit exceeded"),
    "metadata-nan": (tensors('{"format": 1, "peak": NaN}'), "expected value at line 1 column 23"),
    "recipe-missing": (tensors('{"format": 1}'), "its metadata are damaged: recipe"),
    "recipe-a-word": (said(recipe="x"), "its metadata are damaged: recipe"),
    "recipe-of-code": (said(recipe=RECIPE | {"model": {"_target_": "os.system"}}), "a model needs a 'type'"),
    "recipe-of-a-plugin": (said(recipe=RECIPE | {"model": "theirs"}), "unknown model 'theirs'"),
    "recipe-of-many-values": (said(recipe=RECIPE | {"metrics": ["mig"] * 20_000}), "more than 10000 values"),
    "recipe-nested": (said(recipe={"a": json.loads("[" * 55 + "]" * 55)}), "more than 50 levels of nesting"),
    "image-of-text": (said(image_shape="abc"), "image_shape"),
    "image-of-nothing": (said(image_shape=[1, 0, 2]), "image_shape"),
    "image-negative": (said(image_shape=[1, -2, 2]), "image_shape"),
    "image-absurd": (said(image_shape=[1, 10**9, 10**9]), "do not fit its recipe"),
    "image-past-64-bits": (said(image_shape=[1, 10**30, 1]), "image_shape"),
    "peak-zero": (said(peak=0), "peak"),
    "scores-a-number": (said(scores=5), "scores"),
    "scores-of-numbers": (said(scores={"mig": 5}), "scores"),
    "names-of-numbers": (said(factor_names=[5]), "factor_names"),
    "plugins-without-names": (said(plugins=[{"source": "file"}]), "its metadata are damaged"),
    "plugins-a-word": (said(plugins="x"), "plugins"),
    "latents-absurd": (tensors(with_model(latents=10**10), **weights()), "do not fit its recipe"),
    "layers-absurd": (tensors(with_model(**WIDE), **weights()), "do not fit its recipe"),
    "layers-past-64-bits": (tensors(with_model(latents=10**30), **weights()), "an integer beyond 64 bits"),
    "layers-of-all-numbers": (tensors(with_model(latents=2**62), **weights()), "its model can't be built"),
    "tensors-missing": (tensors(json.dumps(GOOD)), "do not fit its recipe"),
    "tensors-of-others": (tensors(json.dumps(GOOD), x=np.zeros(99, np.float32)), "do not fit its recipe"),
    "tensors-of-doubles": (tensors(json.dumps(GOOD), **weights(np.float64)), "is torch.float64"),
    "tensors-of-integers": (tensors(json.dumps(GOOD), **weights(np.int64)), "is torch.int64"),
    "tensors-of-nan": (tensors(json.dumps(GOOD), **weights(value=np.nan)), "numbers that are not finite"),
}


def encoded(suffix: str, **options: Any) -> bytes:
    """A good picture."""
    file = io.BytesIO()
    pixels = np.random.default_rng(0).integers(0, 256, (60, 60, 3), np.uint8)
    Image.fromarray(pixels).save(file, suffix, **options)
    return file.getvalue()


def tiff(array: np.ndarray) -> bytes:
    """A good picture of other numbers."""
    file = io.BytesIO()
    Image.fromarray(array).save(file, "TIFF")
    return file.getvalue()


FORMATS = {"png": "PNG", "jpg": "JPEG", "bmp": "BMP", "tif": "TIFF", "gif": "GIF", "webp": "WEBP"}

PICTURES: Cases = {
    "empty.png": (b"", "not an image of a known format"),
    "text.png": (b"hello", "not an image of a known format"),
    "svg.png": (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "not an image of a known format"),
    "postscript.png": (b"%!PS-Adobe-3.0 EPSF-3.0\n(/etc/passwd) (r) file\n", "not an image of a known format"),
    "pickle.jpg": (b"\x80\x04\x95", "not an image of a known format"),
    "signature-alone.png": (b"\x89PNG\r\n\x1a\n", "not an image of a known format"),
    **{
        f"cut-short.{name}": (encoded(kind)[: len(encoded(kind)) // 2], "can't be decoded")
        for name, kind in FORMATS.items()
    },
    "bomb.png": (png(9000, 9000, kind=(8, 0)), "decompression bomb"),
    "bomb-of-colours.png": (png(5000, 5000, kind=(8, 2)), "decompression bomb"),
    "bomb-of-bits.png": (png(30_000, 30_000, b"x"), "too large to be safe"),
    "absurd.png": (png(2**31 - 1, 2**31 - 1, b"x"), "too large to be safe"),
    "no-width.png": (png(0, 8, b"x"), "not an image of a known format"),
    "floats.tif": (tiff(np.full((4, 4), np.nan, np.float32)), "not integers from 0 to 65535"),
    "integers.tif": (tiff(np.full((4, 4), -5, np.int32)), "not integers from 0 to 65535"),
    "large.png": (sparse(300 << 20, encoded("PNG")), "larger than 256 MiB"),
}


def hdf5(**images: Any) -> Callable[[Path], None]:
    """An HDF5 file with images that h5py is told to make so."""

    def write(path: Path) -> None:
        with h5py.File(path, "w") as file:
            file.create_dataset("imgs", **images)

    return write


OFFICIAL: Cases = {
    "empty": (b"", "is not the official dSprites file"),
    "text": (b"hello", "is not the official dSprites file"),
    "folder": (Path.mkdir, "is not a file"),
    "other.npz": (npz(imgs=IMAGES), "is not the official dSprites file: expected md5"),
    "objects.npz": (npz(imgs=np.array(Bomb(), object)), "is not the official dSprites file"),
    "other.h5": (hdf5(data=IMAGES), "is not the official dSprites file: expected sha256"),
    "cut-short.h5": (b"\x89HDF\r\n\x1a\n" + bytes(100), "is not the official dSprites file"),
    "absurd.h5": (hdf5(shape=(10**9, 64, 64), dtype="u1", chunks=(1, 64, 64)), "is not the official dSprites file"),
    "external.h5": (hdf5(shape=(9,), dtype="u1", external=[("/etc/passwd", 0, 9)]), "is not the official"),
}

TRUSTED_HDF5: Cases = {
    "text": (b"hello", "is damaged"),
    "cut-short": (b"\x89HDF\r\n\x1a\n" + bytes(100), "is damaged"),
    "nothing": (lambda path: h5py.File(path, "w").close(), "no array 'imgs' of its own"),
    "floats": (hdf5(data=IMAGES * 0.5), "has float64"),
    "nan": (hdf5(data=NAN), "has float32"),
    "strings": (hdf5(data=["a", "b"]), "has object"),
    "structures": (hdf5(data=np.zeros(4, [("a", "u1")])), "expected uint8"),
    "absurd": (hdf5(shape=(10**9, 64, 64), dtype="u1", chunks=(1, 64, 64)), "decompression bomb"),
    "another-shape": (hdf5(data=IMAGES[:3]), "expected uint8 of shape"),
    "external": (hdf5(shape=(4, 8, 8), dtype="u1", external=[("/etc/passwd", 0, 256)]), "in other files"),
    "other-values": (hdf5(data=IMAGES + 9), "pixels of 9"),
}
"""HDF5 files as they would be met if their sum were the official one: the second line of defence."""

SAVED: Cases = {
    "empty": (b"", "can't be read as JSON"),
    "text": (b"hello", "can't be read as JSON"),
    "binary": (b"\xff\xfe\x00", "can't be read as JSON"),
    "nested": (b"[" * 100_000, "recursion limit exceeded"),
    "nan": (b'{"mig": {"score": NaN}}', "expected value at line 1 column 19"),
    "large": (sparse(70 << 20, b"{"), "larger than 64 MiB"),
    "list": (b"[]", "has no results"),
    "number": (b"5", "has no results"),
    "no-scores": (b"{}", "has no results"),
    "scores-of-text": (b'{"mig": "high"}', "has no results"),
    "later-format": (b'{"format": 99, "runs": []}', "not of format 1"),
    "runs-of-numbers": (b'{"format": 1, "runs": [5]}', "has no results"),
    "runs-a-word": (b'{"format": 1, "runs": "x"}', "has no results"),
    "run-without-scores": (b'{"format": 1, "runs": [{"run": "x", "recipe": {}, "facts": {}}]}', "has no results"),
}

DEEP = "a: " + "[" * 500
RECIPES: Cases = {
    "ten-megabytes": (b"# " + b"x" * (10 << 20), "larger than 1 MiB"),
    "sparse": (sparse(8 << 30), "larger than 1 MiB"),
    "nested-500": (DEEP.encode(), "more than 50 levels of nesting"),
    "nested-100000": (b"{a: " * 100_000, "more than 50 levels of nesting"),
    "many-values": (b"a: [" + b"1, " * 300_000 + b"]", "more than 10000 values"),
    "many-keys": ("".join(f"k{n}: 1\n" for n in range(80_000)).encode(), "more than 10000 values"),
    "alias-bomb": (b"a: &a [x]\n" + b"".join(b"b%d: [%s]\n" % (n, b"*a, " * 99) for n in range(80)), "anchors"),
    "one-long-number": (b"seed: " + b"1" * 1_000_000, "64 bits"),
    "binary": (bytes(range(256)) * 1000, "not UTF-8"),
    "extends-a-device": (b"extends: /dev/zero\n", "not a regular file"),
    "extends-itself": (lambda path: path.write_text(f"extends: {path.name}\n"), "circular: "),
}

KINDS: dict[str, Cases] = {
    "arrays": ARRAYS,
    "codes": CODES_FILES,
    "exports": EXPORTS,
    "pictures": PICTURES,
    "official": OFFICIAL,
    "hdf5": TRUSTED_HDF5,
    "saved": SAVED,
    "recipes": RECIPES,
}
