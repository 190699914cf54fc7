"""HTML pages that fetch nothing and run no script, with escaped text."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from bvtk.quantities import duration

_SHARED = "bvtk.pages"


def render(package: str, **values: Any) -> str:
    """Fills a package's template `page.html`, which extends `layout.html` of this package.

    The page includes its style sheet: `page.css` of this package, followed by that of the given package. Its content
    security policy allows this style sheet, by hash, and pictures inside the page.

    Args:
        package: such as `bvtk.report`.
        values: what the template shows.
    """
    css = "".join(_file(home, "page.css") or "" for home in (_SHARED, package))
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    template = _environment(package).get_template("page.html")
    return template.render(css=Markup(css), css_hash=digest, **values)  # noqa: S704 - the package's own files


def data_uri(png: bytes) -> str:
    """A PNG as a `data:` address."""
    return "data:image/png;base64," + base64.b64encode(png).decode()


def png_size(png: bytes) -> tuple[int, int]:
    """Width and height in pixels, from the header of a PNG. With it, the page does not jump while it loads."""
    return int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")


@cache
def _environment(package: str) -> Environment:
    environment = Environment(
        loader=FunctionLoader(lambda name: _file(package, name) or _file(_SHARED, name)),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(data_uri=data_uri, size=png_size, duration=duration)
    return environment


@cache
def _file(package: str, name: str) -> str | None:
    file = files(package) / name
    return file.read_text(encoding="utf-8") if file.is_file() else None
