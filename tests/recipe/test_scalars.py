from __future__ import annotations

import math

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from bvtk.recipe.marks import Source
from bvtk.recipe.scalars import resolve, write
from bvtk.recipe.source import compose

MEANINGS = {
    "5e-4": 5e-4, "1e3": 1000.0, "1.5": 1.5, ".5": 0.5, "5.": 5.0, "+1.5E+2": 150.0, "-0.0": -0.0,
    "017": 17, "0o17": 15, "0x1F": 31, "+12": 12, "-12": -12, "0": 0,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False,
    "null": None, "Null": None, "~": None, "": None,
    ".inf": math.inf, "-.Inf": -math.inf, "+.INF": math.inf,
    "on": "on", "off": "off", "yes": "yes", "no": "no", "y": "y", "n": "n", "tRUE": "tRUE",
    "12:30": "12:30", "1:2:3": "1:2:3", "2001-01-01": "2001-01-01", "1_000": "1_000",
    "0b101": "0b101", "0o8": "0o8", "0xg": "0xg", "1e": "1e", "e3": "e3", ".": ".", "-": "-", "+": "+",
    "inf": "inf", "nan": "nan", "infinity": "infinity", "=": "=", "٣": "٣", "1,5": "1,5", "--1": "--1",
}  # fmt: skip


@pytest.mark.parametrize(("text", "meaning"), MEANINGS.items())
def test_plain_words_mean_what_yaml_1_2_says(text: str, meaning: object) -> None:
    found = resolve(text)
    assert found == meaning
    assert type(found) is type(meaning)


def test_not_a_number_is_a_float() -> None:
    assert math.isnan(resolve(".nan"))
    assert resolve("-.nan") == "-.nan"


@pytest.mark.parametrize("text", [str(2**63), str(-(2**63) - 1), "0x" + "f" * 16, "9" * 10_000, "0o" + "7" * 40])
def test_integers_beyond_64_bits_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="64 bits"):
        resolve(text)


def test_the_largest_integers_are_kept() -> None:
    assert resolve(str(2**63 - 1)) == 2**63 - 1
    assert resolve(str(-(2**63))) == -(2**63)


scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"))
    | st.sampled_from(list(MEANINGS))
)


@given(scalars)
@example("- a")
@example("a: b")
@example("a #b")
@example("\x85\u2028\ufeff\x07")
@example("🙂 𝒳")
@example(1e22)
@example(5e-324)
def test_written_scalars_read_back_the_same_by_our_rules_and_by_yaml_1_1(value: object) -> None:
    text = write(value)
    if not (isinstance(value, str) and "${" in value):
        document = compose(Source("x", f"k: {text}\nl: [{text}]\n"))
        assert document.problems == ()
        assert document.root.plain() == {"k": value, "l": [value]}
    old = yaml.safe_load(f"k: {text}\n")["k"]
    assert old == value
    assert type(old) is type(value)
