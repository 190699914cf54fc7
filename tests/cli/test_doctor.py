from __future__ import annotations

from tests.conftest import Cli


def test_the_doctor_shows_versions_devices_and_the_cache(cli: Cli) -> None:
    facts = cli.json("doctor", "--no-plugins")
    assert facts["problems"] == []
    assert facts["libraries"]["torch"]
    assert "cpu" in facts["devices"]["precision"]
    assert "No problems found." in cli("doctor").stdout


def test_a_broken_plugin_is_a_problem_by_name(cli: Cli) -> None:
    (cli.folder / "plugins").mkdir()
    (cli.folder / "plugins" / "bad.py").write_text("import nowhere\n")
    facts = cli.json("doctor", code=1)
    assert len(facts["problems"]) == 1
    assert "plugins/bad.py" in facts["problems"][0]
    assert "bad.py:1" in facts["problems"][0]
