"""Every hostile file is refused by one clear line, within a second and 200 MB."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest

from tests.hostile.cases import KINDS
from tests.hostile.laid_out import lay_out, read_by

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits of memory are Linux's")

Results = dict[tuple[str, str], dict[str, Any]]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    folder = tmp_path_factory.mktemp("hostile")
    lay_out(folder)
    lines = [json.loads(line) for line in read_by("trial", folder).splitlines()]
    return {(line["kind"], line["name"]): line for line in lines}


CASES = [(kind, name, said) for kind, cases in KINDS.items() for name, (_, said) in cases.items()]


@pytest.mark.parametrize(("kind", "name", "said"), CASES)
def test_a_hostile_file_is_refused_by_one_clear_line(results: Results, kind: str, name: str, said: str) -> None:
    result = results[kind, name]
    assert result["found"] == "refused", result
    assert said in result["said"]
    assert "allow_pickle" not in result["said"]
    if kind != "recipes":  # which tell everything that is wrong at once
        assert "\n" not in result["said"]
    assert result["seconds"] < 1
