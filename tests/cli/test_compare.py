"""`bvtk compare`."""

from __future__ import annotations

from pathlib import Path

from tests.cli.terminal import Terminal, terminal
from tests.comparison.folders import scores, three_systems, write_run

__all__ = ["terminal"]


def test_a_table_with_the_best_and_what_was_left_out(terminal: Terminal) -> None:
    three_systems(Path("runs"))
    unfinished = write_run(Path("runs"), ["seed=9"], None)
    found = terminal("compare", "runs")
    assert found.code == 0
    lines = [line.split() for line in found.out.splitlines()]
    assert lines[4][:8] == ["toy", "(beta=4)", "0.923", "±", "0.003", "0.200", "±", "0.100"]
    assert lines[2][:3] == ["other", "–", "0.010"]
    assert f"left out: {unfinished} has no scores yet" in found.err
    assert "in bold" not in found.out, "plain text has no bold"
    assert terminal("compare", "runs", "--markdown", "t.md").code == 0
    assert "in bold" in Path("t.md").read_text(encoding="utf-8")


def test_files_and_json(terminal: Terminal) -> None:
    three_systems(Path("runs"))
    options = ("--by", "beta", "--column", "mig", "--aggregate", "median", "--sort", "mig", "--json")
    found = terminal("compare", "runs", *options, "--csv", "t.csv", "--markdown", "t.md")
    data = found.json()
    assert [row["label"] for row in data["rows"]] == ["beta=4", "beta=1", "beta=2"]
    assert data["rows"][0]["values"]["mig"]["values"] == [0.1, 0.2, 0.3]
    assert Path("t.csv").read_text().startswith("row,beta,mig,mig spread,runs\n")
    assert "| beta=4 | **0.200 ± 0.050** | 3 |" in Path("t.md").read_text(encoding="utf-8")
    Path("saved.json").write_text(found.out)
    again = terminal("compare", "saved.json", *options)
    assert again.json() == data


def test_what_is_wrong_exits_with_2(terminal: Terminal) -> None:
    write_run(Path("runs"), [], scores(0.1))
    assert terminal("compare", "nothing").code == 2
    assert terminal("compare", "runs", "--column", "migg").code == 2
    assert terminal("compare", "runs", "--aggregate", "best").code == 2
    assert terminal("compare", "r.yaml").code == 2


def test_damaged_scores_and_files_that_can_not_be_written_exit_with_1(terminal: Terminal) -> None:
    folder = write_run(Path("runs"), [], scores(0.1))
    assert terminal("compare", "runs", "--csv", "none/t.csv").code == 1
    (folder / "scores.json").write_text("{")
    assert terminal("compare", "runs").code == 1


def test_help_has_an_example(terminal: Terminal) -> None:
    assert "Example: bvtk compare" in terminal("compare", "--help").out


def test_plots_and_a_page(terminal: Terminal) -> None:
    three_systems(Path("runs"))
    options = ("--by", "beta", "--column", "mig")
    found = terminal("compare", "runs", *options, "--plot", "curves=c.png", "--html", "p.html", "--figures", "new/figs")
    assert found.code == 0, found.err
    assert Path("c.png").read_bytes()[:4] == b"\x89PNG"
    assert Path("p.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert {path.name for path in Path("new/figs").iterdir()} == {"curves.png", "rate-distortion.png", "training.png"}
    assert terminal("compare", "runs", *options, "--plot", "curve=c.png").code == 2
    assert terminal("compare", "runs", *options, "--plot", "c.png").code == 2
