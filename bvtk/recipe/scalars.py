"""Reads and writes scalars by the core schema of YAML 1.2.

PyYAML follows YAML 1.1, where `on` is true, `12:30` is 750 and `5e-4` is a string.
"""

from __future__ import annotations

import math
import re

import yaml

Scalar = None | bool | int | float | str

INTEGERS = range(-(2**63), 2**63)
"""The range of 64-bit integers."""

_CASED = {"null": None, "true": True, "false": False, ".inf": math.inf, "+.inf": math.inf, "-.inf": -math.inf}
_WORDS: dict[str, Scalar] = {
    **{form: value for word, value in _CASED.items() for form in (word, word.title(), word.upper())},
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
    **dict.fromkeys(("~", "")),
}
_INTEGERS = ((re.compile(r"[-+]?[0-9]+"), 10), (re.compile(r"0o[0-7]+"), 8), (re.compile(r"0x[0-9a-fA-F]+"), 16))
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_LONGEST_INTEGER = 100

_SAFE_PLAIN = re.compile(r"[A-Za-z_./][A-Za-z0-9_./-]*( [A-Za-z0-9_./-]+)*")
_YAML_1_1 = yaml.resolver.Resolver()


def resolve(text: str) -> Scalar:
    """The value of an unquoted scalar.

    Raises:
        ValueError: if it is an integer beyond 64 bits.
    """
    if text in _WORDS:
        return _WORDS[text]
    for pattern, base in _INTEGERS:
        if pattern.fullmatch(text):
            return _integer(text, base)
    return float(text) if _FLOAT.fullmatch(text) else text


def is_number(value: object) -> bool:
    """Whether a value is text that would be a number without quotes."""
    return isinstance(value, str) and _FLOAT.fullmatch(value) is not None


def _integer(text: str, base: int) -> int:
    number = int(text.replace("0o", "").replace("0x", ""), base) if len(text) <= _LONGEST_INTEGER else None
    if number is None or number not in INTEGERS:
        raise ValueError("an integer beyond 64 bits")
    return number


def write(value: Scalar) -> str:
    """A scalar as YAML text that has the same value in YAML 1.1 and 1.2."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return _write_float(value)
    return value if _is_plain(value) else _quote(value)


def _write_float(value: float) -> str:
    if not math.isfinite(value):
        return ".nan" if math.isnan(value) else ".inf" if value > 0 else "-.inf"
    text = repr(value)
    return text if "." in text else text.replace("e", ".0e")


def _is_plain(text: str) -> bool:
    if not _SAFE_PLAIN.fullmatch(text):
        return False
    old = _YAML_1_1.resolve(yaml.ScalarNode, text, (True, False))  # type: ignore[no-untyped-call]
    return old == "tag:yaml.org,2002:str" and isinstance(resolve(text), str)


def _quote(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return '"' + "".join(c if c.isprintable() else _escape(ord(c)) for c in escaped) + '"'


def _escape(code: int) -> str:
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
