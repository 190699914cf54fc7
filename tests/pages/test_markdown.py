import html

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bvtk.pages.markdown import escaped, fenced, one_line

READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
SPECIAL = [
    *(*r"\`*_{}[]<>#|!&~$-+=.)(:1", "__", "**", "~~", "~~~", "---", "1. ", "- "),
    *("&lt;", "&#60;", "\n", "\r\n", "\t"),
]
HOSTILE = [
    *("__init__", "_a_", "a__b__c", "*_a_*", "![x](http://e.vil)", "<b>x</b>", "&amp;", "- x", "+ x"),
    *("1. x", "12) x", "123456789. x", "===", "---", "~~~", "    x", "a\n# b", "a\n\n* b", "| a | b |"),
    *("`x`", "\\", "\x1b[2Jx", "a\x00b", "$x$"),
]
NAMES = st.lists(st.sampled_from(SPECIAL) | st.characters(exclude_categories=["Cs"]), min_size=1).map("".join)


def shown(text: str) -> str:
    """The text of a rendered paragraph; fails for anything that is more than text."""
    rendered = READER.render(text)
    assert rendered.startswith("<p>") or not rendered, rendered
    inside = rendered.removeprefix("<p>").removesuffix("</p>\n")
    assert "<" not in inside, rendered
    return html.unescape(inside)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_read_as_text(text: str) -> None:
    assert shown(escaped(text)) == one_line(text)
    assert READER.render(f"# {escaped(text)}") == f"<h1>{html.escape(one_line(text))}</h1>\n"


@given(NAMES)
def test_any_text_is_read_as_text(text: str) -> None:
    assert shown(escaped(text)) == one_line(text)


@given(NAMES)
def test_any_text_stays_in_its_cell(text: str) -> None:
    rendered = READER.render(f"| a | b |\n|---|---|\n| {escaped(text)} | end |\n")
    cells = rendered.partition("<tbody>")[2].split("<td>")[1:]
    assert [html.unescape(cell.partition("</td>")[0]) for cell in cells] == [one_line(text), "end"]


def test_names_of_settings_stay_legible() -> None:
    assert escaped("beta_vae (hidden_units=4.5)") == "beta_vae (hidden_units=4.5)"
    assert escaped("a_b*") == r"a_b\*"
    assert escaped("0.5 ± 0.1") == "0.5 ± 0.1"


def test_one_line() -> None:
    assert one_line(" a\n\tb\x1b[2J\x00 ") == "a b [2J"


def test_code_cannot_end_its_own_block() -> None:
    code = "a\n````\n# b"
    assert READER.render(fenced(code, "yaml")) == f'<pre><code class="language-yaml">{code}\n</code></pre>\n'
