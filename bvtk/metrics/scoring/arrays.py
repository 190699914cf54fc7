"""Reads and checks the plain arrays that metrics are computed from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bvtk.errors import UsageError, printable
from bvtk.npy import as_texts, open_npz
from bvtk.protocols import Codes, conventional_roles
from bvtk.reading import open_file

_SAVEZ = "write one with numpy.savez(path, codes=…, factors=…)"

_REQUIRED = ("codes", "factors")
_OPTIONAL = ("codes_test", "factors_test", "factor_names")

_LARGEST, _SMALLEST = 1e50, 1e-50
"""Beyond these magnitudes, squares overflow or become 0."""


def as_codes(
    codes: ArrayLike,
    factors: ArrayLike,
    factor_names: Sequence[str] | None = None,
    codes_test: ArrayLike | None = None,
    factors_test: ArrayLike | None = None,
) -> Codes:
    """Checks arrays and makes them one labelled representation.

    Factors have the roles of the well-known names, see `conventional_roles`.

    Args:
        codes: (n, d) finite numbers, one row per image.
        factors: (n, k) integers from 0, or real numbers for the metrics that take them.
        factor_names: one name per factor (default: `factor_0`, `factor_1`, …).
        codes_test: (m, d), a separate test set.
        factors_test: (m, k), its factors.

    Raises:
        UsageError: if an array can't be scored. It names the array, what was found and what was expected.
    """
    z, v = _labelled(codes, factors)
    names = _names(factor_names, v.shape[1])
    roles = conventional_roles(names)
    if codes_test is None and factors_test is None:
        return Codes(z, v, names, factor_roles=roles)
    if codes_test is None or factors_test is None:
        missing = "codes_test" if codes_test is None else "factors_test"
        raise UsageError(f"{missing} is missing", "give both codes_test and factors_test, or neither")
    z_test, v_test = _labelled(codes_test, factors_test, "_test")
    if v.dtype != v_test.dtype:
        raise UsageError(f"factors are {v.dtype}, but factors_test are {v_test.dtype}", "give both the same type")
    for name, a, b in (("codes", z, z_test), ("factors", v, v_test)):
        if a.shape[1] != b.shape[1]:
            found = f"{name} has {a.shape[1]} columns, but {name}_test has {b.shape[1]}"
            raise UsageError(found, "give both the same columns")
    return Codes(z, v, names, z_test, v_test, roles)


def check_codes(codes: Codes) -> Codes:
    """Checks a representation as `as_codes` does; its factors keep their roles."""
    checked = as_codes(codes.codes, codes.factors, codes.factor_names, codes.codes_test, codes.factors_test)
    return replace(checked, factor_roles=codes.factor_roles)


def read_codes(path: Path) -> Codes:
    """Reads a representation from a .npz file with `codes`, `factors`, and optionally a test set and factor names.

    Nothing is unpickled: arrays of Python objects are rejected.

    Raises:
        UsageError: if the file is missing or damaged, lacks a key, or holds arrays that can't be scored.
    """
    arrays = _load(path)
    names = arrays.get("factor_names")
    try:
        return as_codes(
            arrays["codes"],
            arrays["factors"],
            None if names is None else as_texts(names, "factor_names"),
            arrays.get("codes_test"),
            arrays.get("factors_test"),
        )
    except UsageError as error:
        raise UsageError(f"{path}: {error.message}", error.hint) from error


def _load(path: Path) -> dict[str, NDArray[Any]]:
    if not path.is_file():
        raise UsageError(f"{path}: no such file", _SAVEZ)
    try:
        with open_file(path) as file:
            magic = file.read(6)
    except OSError as error:
        raise UsageError(f"{path}: can't be read: {error.strerror}") from error
    if magic == b"\x93NUMPY":
        raise UsageError(f"{path}: expected a .npz file, found a single array", _SAVEZ)
    if not magic.startswith(b"PK"):
        raise UsageError(f"{path}: not a .npz file", _SAVEZ)
    with open_npz(path) as npz:
        if missing := [key for key in _REQUIRED if key not in npz.names]:
            raise UsageError(
                f"{path}: expected {' and '.join(map(repr, missing))}, found {npz.contents}",
                f"required: {', '.join(_REQUIRED)}; optional: {', '.join(_OPTIONAL)}",
            )
        return {key: npz.read(key) for key in (*_REQUIRED, *_OPTIONAL) if key in npz.names}


def _labelled(codes: ArrayLike, factors: ArrayLike, suffix: str = "") -> tuple[NDArray[np.floating[Any]], NDArray[Any]]:
    z, v = _codes_array(codes, f"codes{suffix}"), _factors_array(factors, f"factors{suffix}")
    if len(z) != len(v):
        found = f"codes{suffix} has {len(z)} rows, but factors{suffix} has {len(v)}"
        raise UsageError(found, "give one row per image in the same order")
    return z, v


def _codes_array(value: ArrayLike, name: str) -> NDArray[np.floating[Any]]:
    array = _matrix(value, name, "numbers (n, d), one row per image")
    if array.dtype.kind not in "fiub":
        raise UsageError(f"{name}: expected real numbers, found {array.dtype}")
    array = array if array.dtype in (np.float32, np.float64) else array.astype(np.float64)
    _check_values(array, name, "code", "check the model: codes with NaN or infinity can't be scored")
    return array


def _factors_array(value: ArrayLike, name: str) -> NDArray[Any]:
    array = _matrix(value, name, "numbers (n, k), one row per image")
    if array.dtype.kind == "f":
        array = array.astype(np.float64, copy=False)
        _check_values(array, name, "factor", "leave out these images, or number the values of the factor")
        return array
    if array.dtype.kind not in "iub":
        raise UsageError(
            f"{name}: expected numbers, found {array.dtype}",
            "number the values of each factor from 0: numpy.unique(values, return_inverse=True)[1]",
        )
    found = int(array.min()) if array.min() < 0 else int(array.max())
    if not 0 <= found <= np.iinfo(np.int64).max:
        raise UsageError(
            f"{name}: expected integers from 0 to 2^63 - 1, found {found}",
            "number the values of each factor from 0; give continuous factors as floats",
        )
    return array.astype(np.int64, copy=False)


def _check_values(array: NDArray[Any], name: str, column_name: str, hint: str) -> None:
    """Rejects numbers that are not finite, and columns that are not all 0 and can't be squared."""
    finite = np.isfinite(array)
    if not finite.all():
        row, column = np.unravel_index(int(np.argmin(finite)), finite.shape)
        raise UsageError(
            f"{name}: expected finite numbers, found {finite.size - np.count_nonzero(finite)} that are not; "
            f"the first is {array[row, column]} at row {row}, {column_name} {column}",
            hint,
        )
    largest = np.abs(array).max(axis=0).astype(np.float64)
    beyond = (largest > _LARGEST) | ((largest > 0) & (largest < _SMALLEST))
    if beyond.any():
        worst = int(np.argmax(beyond))
        raise UsageError(
            f"{name}: expected a largest magnitude from {_SMALLEST:g} to {_LARGEST:g}, found {largest[worst]:.3g} in "
            f"{column_name} {worst}",
            "rescale this column",
        )


def _matrix(value: ArrayLike, name: str, expected: str) -> NDArray[Any]:
    try:
        array = np.asarray(value)
    except (ValueError, TypeError, RuntimeError) as error:  # rows of different lengths, a tensor with a gradient
        raise UsageError(f"{name}: expected {expected}, found something that is not an array: {error}") from error
    if array.ndim != 2:
        raise UsageError(f"{name}: expected {expected}, found shape {array.shape}")
    if array.shape[0] < 2 or array.shape[1] < 1:
        found = f"found shape {array.shape}"
        raise UsageError(f"{name}: expected at least 2 rows and 1 column, {found}", "give one row per image")
    return array


def _names(names: Sequence[str] | None, count: int) -> tuple[str, ...]:
    if names is None:
        return tuple(f"factor_{j}" for j in range(count))
    given = list(names) if isinstance(names, Iterable) else [names]
    if len(given) != count or not all(isinstance(name, str) for name in given) or len(set(given)) != count:
        found = printable(", ".join(map(str, given)), 200) or "none"
        raise UsageError(f"factor_names: expected {count} different names, one per factor, found {found}")
    return tuple(given)
