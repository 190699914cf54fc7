from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from bvtk.errors import RunBusyError, RunError, UsageError
from bvtk.runs import (
    RunFolder,
    append_line,
    find_run,
    read_json,
    read_lines,
    reporting_file_errors,
    write_json,
)


def test_lines_are_read_back_without_one_that_a_kill_cut_short(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    for step in (1, 2):
        append_line(path, {"step": step})
    with path.open("a") as file:
        file.write('{"step": 3, "lo')
    assert read_lines(path) == [{"step": 1}, {"step": 2}]
    assert read_lines(tmp_path / "missing") == []


def test_a_line_may_hold_the_line_separators_of_unicode(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    append_line(path, {"name": "one\u2028two\u0085three"})
    assert read_lines(path) == [{"name": "one\u2028two\u0085three"}]


def test_a_damaged_line_in_the_middle_is_an_error_by_name(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text('{"step": 1}\nnonsense\n{"step": 3}\n')
    with pytest.raises(RunError, match=r"log\.jsonl is damaged"):
        read_lines(path)


def test_rewinding_drops_what_came_after(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    for step in (10, 20, 30):
        append_line(folder.log, {"step": step})
    folder.rewind(20)
    assert [line["step"] for line in folder.read_log()] == [10, 20]


@pytest.mark.parametrize(
    "rest",
    [b"\xff\xfe\n", b"\0" * 4096, b"\0" * 4096 + b'\n{"step": 30}\n', b"[1]\n", b'{"step": "x"}\n{"st'],
)
def test_rewinding_cuts_what_a_power_cut_left(tmp_path: Path, rest: bytes) -> None:
    folder = RunFolder(tmp_path)
    good = b'{"step": 10}\n{"step": 20}\n'
    folder.log.write_bytes(good + rest)
    folder.rewind(20)
    assert folder.log.read_bytes() == good


def test_rewinding_refuses_damage_among_lines_that_count(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.log.write_bytes(b'{"step": 10}\n\xff\n{"step": 20}\n')
    with pytest.raises(RunError, match="is damaged: line 2"):
        folder.rewind(20)


def test_a_log_that_is_not_text_is_an_error_by_name(tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").write_bytes(b'{"step": 1}\n\xff\n')
    with pytest.raises(RunError, match=r"log\.jsonl is damaged: line 2"):
        read_lines(tmp_path / "log.jsonl")


def test_a_folder_has_one_writer(tmp_path: Path) -> None:
    with (
        RunFolder(tmp_path).locked(),
        pytest.raises(RunBusyError, match=f"in use by process {os.getpid()}") as caught,
        RunFolder(tmp_path).locked(),
    ):
        pass
    assert caught.value.exit_code == 2
    with RunFolder(tmp_path).locked():
        pass


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_parent_that_cant_be_written_is_a_clear_error(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(RunError, match="cannot create the run folder"):
        RunFolder(tmp_path / "runs" / "x").create()


def test_a_parent_that_is_a_file_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("")
    with pytest.raises(RunError, match="cannot create the run folder"):
        RunFolder(tmp_path / "runs" / "x").create()


def test_a_refusal_of_the_system_names_the_file_and_the_reason(tmp_path: Path) -> None:
    with (
        pytest.raises(RunError, match=r"a\.json: No space left on device\nfree space"),
        reporting_file_errors(tmp_path),
    ):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "a.json")
    with pytest.raises(RunError, match=f"{tmp_path.name}: No space"), reporting_file_errors(tmp_path):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    for error in (BrokenPipeError(errno.EPIPE, "Broken pipe"), OSError("a picture that can't be read")):
        with pytest.raises(type(error)), reporting_file_errors(tmp_path):
            raise error


def test_json_holds_no_number_that_json_lacks(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "x.json", {"score": float("nan")})
    write_json(tmp_path / "x.json", {"β": 1})
    assert read_json(tmp_path / "x.json") == {"β": 1}
    (tmp_path / "x.json").write_text("{")
    with pytest.raises(RunError, match=r"cannot read .*x\.json"):
        read_json(tmp_path / "x.json")


def test_a_run_is_finished_when_every_stage_is(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    assert not folder.finished
    for path in (folder.scores, folder.latents, folder.export, folder.report, folder.card):
        path.touch()
    assert folder.finished


def test_a_run_is_found_by_the_start_of_its_name(tmp_path: Path) -> None:
    out = tmp_path / "runs"
    for name in ("toy-1a", "toy-1b", "other-2c"):
        (out / name).mkdir(parents=True)
        (out / name / "recipe.yaml").touch()
    assert find_run(Path("other"), out) == out / "other-2c"
    assert find_run(out / "toy-1b", out) == out / "toy-1b"
    assert find_run(Path("nothing"), out) == Path("nothing")
    assert find_run(Path("toy-1a.yaml"), out) == Path("toy-1a.yaml")
    with pytest.raises(UsageError, match="2 runs start with 'toy': toy-1a, toy-1b"):
        find_run(Path("toy"), out)
