"""The run folder: everything that an experiment writes, and who may write to it.

Each stage after training reads only the run folder, so it can run alone, later, and in another process.
"""

from __future__ import annotations

import errno
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bvtk.documents import parse_json, read_document
from bvtk.errors import Interrupted, RunBusyError, RunError, UsageError
from bvtk.files import make_folder, remove_all_leftovers, remove_leftovers, write_bytes_atomic, write_text_atomic
from bvtk.locks import Lock, LockTakenError, file_lock
from bvtk.reading import read_file

_CHECKPOINT = re.compile(r"step-(\d+)")


class RunFolder:
    """The paths of a run, and how its files are written.

    Args:
        path: the folder, such as `runs/quickstart-1a2b3c4d`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.recipe = path / "recipe.yaml"
        self.source = path / "recipe.source.yaml"
        self.environment = path / "environment.json"
        self.log = path / "metrics.jsonl"
        self.evaluations = path / "evaluations.jsonl"
        self.scores = path / "scores.json"
        self.latents = path / "latents.safetensors"
        self.checkpoints = path / "checkpoints"
        self.export = path / "model.safetensors"
        self.report = path / "report.html"
        self.figures = path / "figures"
        self.card = path / "README.md"
        self.lock = path / ".lock"
        self._held: Lock | None = None

    def create(self) -> None:
        """Creates the folder if it is missing.

        Raises:
            RunError: if it cannot be created, or a part of it is a link that leads out of it.
        """
        check_own("run", self.path, self.checkpoints, self.figures, self.log, self.evaluations)
        try:
            make_folder(self.checkpoints)
        except OSError as error:
            raise RunError(
                f"cannot create the run folder {self.path}: {error.strerror}", "choose another parent with --out"
            ) from error

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keeps other processes from writing to the run for the length of the block.

        Raises:
            RunBusyError: if another process is writing to it, with that process's number and host.
        """
        hint = "wait until it is done, or choose another --out or seed"
        try:
            with sole_writer(self.path, "in use", hint) as self._held, self._explaining_errors():
                yield
        finally:
            self._held = None

    @contextmanager
    def _explaining_errors(self) -> Iterator[None]:
        """Reports a removed folder or lock in place of the errors that follow from it."""
        try:
            yield
        except Interrupted:
            raise
        except Exception:
            self.check_lock()
            raise

    def check_lock(self) -> None:
        """Checks before a write that no other process can be writing to the run, if this process has locked it.

        Raises:
            LockLostError: if the folder or its lock was removed or replaced.
        """
        if self._held is not None:
            self._held.check()

    def tidy(self) -> None:
        """Removes leftovers of killed processes; the caller holds the lock."""
        for path in self.parts:
            remove_leftovers(path)
        remove_all_leftovers(self.checkpoints, "step-*")
        remove_all_leftovers(self.figures, "*.png")

    @property
    def parts(self) -> tuple[Path, ...]:
        """The files and folders that a run folder can hold."""
        return tuple(path for path in vars(self).values() if isinstance(path, Path) and path.parent == self.path)

    @property
    def finished(self) -> bool:
        """Whether every stage is done."""
        return all(path.is_file() for path in (self.scores, self.latents, self.export, self.report, self.card))

    def read_scores(self) -> dict[str, Any]:
        """The scores; empty if the run has not been evaluated yet."""
        return dict(read_json(self.scores)) if self.scores.is_file() else {}

    def read_log(self) -> list[dict[str, Any]]:
        """The logged training steps, in order."""
        return read_lines(self.log)

    def append_log(self, line: dict[str, Any]) -> None:
        """Appends a line to `metrics.jsonl`."""
        self.check_lock()
        append_line(self.log, line)

    def append_evaluation(self, line: dict[str, Any]) -> None:
        """Appends a line to `evaluations.jsonl`."""
        self.check_lock()
        append_line(self.evaluations, line)

    def rewind(self, step: int) -> None:
        """Drops what was logged after a step, before training resumes there.

        A power cut can leave anything after the lines that were synchronised with the checkpoint of this step.

        Raises:
            RunError: if a line before is damaged.
        """
        self.check_lock()
        for path in (self.log, self.evaluations):
            if path.is_file():
                lines = read_file(path).split(b"\n")[:-1]
                steps = [(_object_of(line) or {}).get("step") for line in lines]
                ends = [end for end, at in enumerate(steps, start=1) if isinstance(at, int) and at <= step]
                kept = lines[: max(ends, default=0)]
                _objects_of(kept, path)
                write_bytes_atomic(path, b"".join(line + b"\n" for line in kept))


@contextmanager
def sole_writer(folder: Path, how: str, hint: str) -> Iterator[Lock]:
    """Holds the lock of a folder for the length of the block.

    Args:
        folder: the folder, which must exist.
        how: what another process does with it, for the error: `in use`.
        hint: what to do then.

    Raises:
        RunBusyError: if another process holds the lock, with that process's number and host.
    """
    try:
        with file_lock(folder / ".lock") as lock:
            yield lock
    except LockTakenError as error:
        raise RunBusyError(f"{folder} is {how} by {error.owner or 'another process'}", hint) from error


def check_own(what: str, *paths: Path) -> None:
    """Checks that paths are ordinary files and folders, or missing, so that a write neither leads elsewhere nor waits.

    Args:
        what: whose paths they are: `run` or `sweep`.
        paths: the paths.

    Raises:
        RunError: if one is a symbolic link, a pipe or a device.
    """
    for path in paths:
        if path.is_symlink():
            raise RunError(f"{path} is a symbolic link, but a {what} writes only to its own folder", "remove the link")
        if path.exists() and not (path.is_file() or path.is_dir()):
            raise RunError(f"{path} is a pipe or a device, expected a file", "remove it")


def checkpoints(folder: Path) -> list[tuple[int, Path]]:
    """The checkpoints in a folder with their steps, newest first."""
    if not folder.is_dir():
        return []
    found = [(_CHECKPOINT.fullmatch(path.name), path) for path in folder.iterdir()]
    return sorted(((int(match[1]), path) for match, path in found if match), reverse=True)


def find_run(given: Path, out: Path) -> Path:
    """The run folder in `out` whose name starts with a text that is no path itself; else the path as given.

    Raises:
        UsageError: if several names start with it.
    """
    if given.exists() or given.suffix or len(given.parts) > 2:
        return given
    parent = given.parent if len(given.parts) == 2 else out
    found = sorted(file.parent for file in parent.glob("*/recipe.yaml") if file.parent.name.startswith(given.name))
    if len(found) > 1:
        names = ", ".join(path.name for path in found[:5]) + (", …" if len(found) > 5 else "")
        raise UsageError(f"{len(found)} runs start with {given.name!r}: {names}", "write more of the name")
    return found[0] if found else given


@contextmanager
def reporting_file_errors(folder: Path) -> Iterator[None]:
    """Turns an error of the file system inside the block into one that names the file and the reason.

    Args:
        folder: what to name if the system names no file.

    Raises:
        RunError: if the disk is full or a permission is missing, for example.
    """
    try:
        yield
    except OSError as error:
        if error.errno in (None, errno.EPIPE):  # not from the system, or the reader of the output is gone
            raise
        raise RunError(
            f"{error.filename or folder}: {error.strerror}",
            "free space or fix the permissions, then run the same command again: it resumes",
        ) from error


def read_json(path: Path) -> Any:
    """A JSON document.

    Raises:
        RunError: if it is missing or damaged.
    """
    try:
        return read_document(path)
    except (OSError, ValueError) as error:
        raise RunError(f"cannot read {path}: {error}", "delete it and run the same command again") from error


def json_text(value: Any) -> str:
    """A JSON document, keys in the order given."""
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def write_json(path: Path, value: Any) -> None:
    """Writes a JSON document whole or not at all."""
    write_text_atomic(path, json_text(value))


def append_line(path: Path, value: dict[str, Any]) -> None:
    """Appends one object to a JSON Lines file."""
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(value, ensure_ascii=False, allow_nan=False) + "\n")


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The objects of a JSON Lines file, without a last line that a kill cut short."""
    if not path.is_file():
        return []
    return _objects_of(read_file(path).split(b"\n")[:-1], path)


def _objects_of(lines: list[bytes], path: Path) -> list[dict[str, Any]]:
    found = []
    for number, line in enumerate(lines, start=1):
        value = _object_of(line)
        if value is None:
            raise RunError(f"{path} is damaged: line {number} is not a JSON object", "fix or delete the line")
        found.append(value)
    return found


def _object_of(line: bytes) -> dict[str, Any] | None:
    try:
        value = parse_json(line)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
