from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bvtk.data import Plan, prepare_array
from tests.conftest import Cli


def test_the_doctor_shows_versions_devices_and_the_cache(cli: Cli) -> None:
    facts = cli.json("doctor", "--no-plugins")
    assert facts["problems"] == []
    assert facts["libraries"]["torch"]
    assert "cpu" in facts["devices"]["precision"]
    assert "No problems found." in cli("doctor").stdout


def test_damaged_data_in_the_cache_are_a_problem(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BVTK_CACHE", str(tmp_path / "cache"))
    made = Plan((2, 2), [np.ones((2, 2), np.uint8)])
    prepare_array("a", {}, lambda: made)
    (path,) = (tmp_path / "cache" / "a").glob("*.npy")
    assert cli.json("doctor", "--no-plugins")["cache"]["damaged"] == []
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    facts = cli.json("doctor", "--no-plugins", code=1)
    assert facts["cache"]["damaged"] == [str(path)]
    assert f"{path} is damaged" in facts["problems"][0]


def test_a_broken_plugin_is_a_problem_by_name(cli: Cli) -> None:
    (cli.folder / "plugins").mkdir()
    (cli.folder / "plugins" / "bad.py").write_text("import nowhere\n")
    facts = cli.json("doctor", code=1)
    assert len(facts["problems"]) == 1
    assert "plugins/bad.py" in facts["problems"][0]
    assert "bad.py:1" in facts["problems"][0]
