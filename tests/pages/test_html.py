import base64
import hashlib
import re

import pytest
from jinja2 import UndefinedError

from bvtk.pages.html import data_uri, png_size, render

PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAMAAAACCAAAAACuTeDsAAAADElEQVR4nGNgQAcAABIAAap8b5QAAAAASUVORK5CYII=")


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package of a page and its styles."""
    (tmp_path / "made_up").mkdir()
    (tmp_path / "made_up/__init__.py").touch()
    (tmp_path / "made_up/page.html").write_text(
        '{% extends "layout.html" %}\n{% from "macros.html" import picture %}\n'
        '{% block main %}\n{{ picture(png, title, "chart") }}\n{% endblock %}\n'
    )
    (tmp_path / "made_up/page.css").write_text("b { color: red; }\n")
    monkeypatch.syspath_prepend(tmp_path)
    return "made_up"


def test_a_page_has_its_styles_under_a_policy_and_escapes_every_text(package):
    page = render(package, command="bvtk x", title='<b> & "', summary="</main>", png=PNG)
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL).group(1)
    assert style.endswith("b { color: red; }\n")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; base-uri 'none'" in page
    assert "<title>&lt;b&gt; &amp; &#34; · bvtk x</title>" in page
    assert f'src="{data_uri(PNG)}" width="3" height="2" alt="&lt;b&gt; &amp; &#34;">' in page
    assert page.count("</main>") == 1


def test_a_value_that_is_missing_is_an_error(package):
    with pytest.raises(UndefinedError, match="title"):
        render(package, command="bvtk x", summary="", png=PNG)


def test_the_size_of_a_picture():
    assert png_size(PNG) == (3, 2)
