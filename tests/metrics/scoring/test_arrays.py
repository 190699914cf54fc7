from dataclasses import replace

import numpy as np
import pytest

from bvtk.errors import UsageError
from bvtk.metrics.scoring.arrays import as_codes, check_codes, read_codes

CODES = np.random.default_rng(0).normal(size=(6, 3))
HOLE = np.eye(6, 3, k=-1, dtype=bool) & (np.arange(6) == 2)[:, None]  # row 2, column 1
FACTORS = np.arange(12).reshape(6, 2) % 3


def test_default_names():
    assert as_codes(CODES, FACTORS).factor_names == ("factor_0", "factor_1")


def test_well_known_names_have_roles_and_declared_roles_are_kept():
    codes = as_codes(CODES, FACTORS, ("shape", "scale"))
    assert codes.factor_roles == {"shape": "category"}
    assert check_codes(replace(codes, factor_roles={"scale": "category"})).factor_roles == {"scale": "category"}


@pytest.mark.parametrize(
    ("codes", "factors", "message"),
    [
        (CODES[0], FACTORS, r"codes: expected numbers \(n, d\)"),
        (CODES, FACTORS[:, 0], r"factors: expected numbers \(n, k\)"),
        (CODES[:5], FACTORS, "codes has 5 rows, but factors has 6"),
        (CODES[:1], FACTORS[:1], "at least 2 rows"),
        (
            CODES,
            FACTORS * np.nan,
            "factors: expected finite numbers, found 12 that .* first is nan at row 0, factor 0",
        ),
        (CODES, FACTORS.astype(str), "factors: expected numbers, found <U"),
        (CODES, FACTORS - 1, "integers from 0 to .*, found -1"),
        (CODES, FACTORS.astype(np.uint64) + np.uint64(2**63), "integers from 0 to .*, found 9223372036854775"),
        (CODES * [1e100, 1, 1], FACTORS, "codes: expected a largest magnitude from 1e-50 to .*, found .* in code 0"),
        (CODES * [1, 1e-200, 1], FACTORS, "in code 1"),
        (CODES, FACTORS * 1e60, "factors: expected a largest magnitude"),
        (CODES.astype(str), FACTORS, "real numbers"),
        (np.where(HOLE, np.nan, CODES), FACTORS, "found 1 that are not; the first is nan at row 2, code 1"),
        (np.where(HOLE, np.inf, CODES), FACTORS, "expected finite numbers"),
    ],
)
def test_arrays_that_cannot_be_scored(codes, factors, message):
    with pytest.raises(UsageError, match=message):
        as_codes(codes, factors)


def test_test_sets_must_match():
    with pytest.raises(UsageError, match="factors_test is missing"):
        as_codes(CODES, FACTORS, codes_test=CODES)
    with pytest.raises(UsageError, match="codes has 3 columns, but codes_test has 2"):
        as_codes(CODES, FACTORS, codes_test=CODES[:, :2], factors_test=FACTORS)


@pytest.mark.parametrize("names", [["a"], ["a", "a"], ["a", "b", "c"], 5, [["a"], ["b"]], [1, 2]])
def test_wrong_names(names):
    with pytest.raises(UsageError, match="expected 2 different names"):
        as_codes(CODES, FACTORS, names)


def test_reads_a_file_of_savez(tmp_path):
    path = tmp_path / "codes.npz"
    np.savez(
        path, codes=CODES, factors=FACTORS, factor_names=["x", "y"], codes_test=CODES, factors_test=FACTORS, more=1
    )
    codes = read_codes(path)
    assert codes.factor_names == ("x", "y")
    np.testing.assert_array_equal(codes.codes, CODES)
    np.testing.assert_array_equal(codes.factors_test, FACTORS)


def test_missing_keys(tmp_path):
    np.savez(tmp_path / "z.npz", z=CODES, labels=FACTORS)
    with pytest.raises(UsageError, match="expected 'codes' and 'factors', found z, labels"):
        read_codes(tmp_path / "z.npz")


def test_errors_name_the_file(tmp_path):
    np.savez(tmp_path / "z.npz", codes=CODES, factors=FACTORS - 1)
    with pytest.raises(UsageError, match=r"z\.npz: factors: expected integers"):
        read_codes(tmp_path / "z.npz")


def test_files_of_another_format(tmp_path):
    (tmp_path / "text.npz").write_text("hello")
    np.save(tmp_path / "one.npy", CODES)
    np.savez(tmp_path / "objects.npz", codes=np.array([{}], dtype=object), factors=FACTORS)
    whole = tmp_path / "whole.npz"
    np.savez(whole, codes=CODES, factors=FACTORS)
    (tmp_path / "cut.npz").write_bytes(whole.read_bytes()[:300])
    for name in ("text.npz", "one.npy", "objects.npz", "cut.npz", "absent.npz"):
        with pytest.raises(UsageError, match=name):
            read_codes(tmp_path / name)
