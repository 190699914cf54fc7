from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bvtk.plugins import discover
from bvtk.registry import Origin

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def origins() -> Iterator[dict[str, Origin]]:
    """The plugins that ship as examples, loaded, by the names of their files."""
    yield {Path(origin.name).stem: origin for origin in discover(ROOT, installed=False).loaded}
    discover(installed=False)
