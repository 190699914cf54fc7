"""Errors for users: what was found, what was expected, and how to fix it."""

from __future__ import annotations

from dataclasses import dataclass


def printable(text: str, limit: int = 60) -> str:
    """Text that fits on one line of a terminal: control characters escaped, long text truncated."""
    return one_line(text if len(text) <= limit else text[:limit]) + ("…" if len(text) > limit else "")


def one_line(text: str) -> str:
    """Text that can't control a terminal: line breaks, control and bidirectional characters are escaped.

    Everything that is printed passes this function, because names come from files of others.
    """
    return text if text.isprintable() else "".join(c if c.isprintable() else _escape(c) for c in text)


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode()


class BvtkError(Exception):
    """An error that a user can understand and fix.

    Args:
        message: what was found, and what was expected.
        hint: what to do about it; empty if the message is enough.
    """

    exit_code = 1
    """Exit code of the command line: 1 if the work failed, 2 if the input was wrong."""

    def __init__(self, message: str, hint: str = "") -> None:
        self.message = one_line(message)
        self.hint = one_line(hint)
        super().__init__(self.message)

    def __str__(self) -> str:
        """The message, followed by the hint on a line of its own."""
        return f"{self.message}\n{self.hint}" if self.hint else self.message


class UsageError(BvtkError):
    """Arguments, names or files that can't be used as given."""

    exit_code = 2


class PluginError(UsageError):
    """A plugin that can't be loaded, or that registers a name that is already taken."""


class DataError(UsageError):
    """A data set that is missing, damaged or in the wrong format."""


class RunError(BvtkError):
    """A run that can't continue: not finite, not writable, damaged or in use."""


class RunBusyError(RunError):
    """A run folder that another process writes to."""

    exit_code = 2


class Interrupted(BvtkError):  # noqa: N818
    """A signal asked the program to stop, and it has stopped cleanly.

    Args:
        signum: the signal: 2 for SIGINT, 15 for SIGTERM.
        message: how far the work got.
    """

    def __init__(self, signum: int, message: str) -> None:
        super().__init__(message, "run the same command again to resume")
        self.exit_code = 128 + signum


@dataclass(frozen=True)
class Problem:
    """One error in a recipe.

    Args:
        file: the recipe's path as given, or `<command line>`.
        line: from 1; 0 if there is no line to point at.
        column: from 1; 0 if there is no column to point at.
        key: the dotted key, such as `model.encoder.width`; empty for the whole file.
        message: what is wrong.
        hint: how to fix it.
        excerpt: the lines around it, with carets under the place; may be empty.
    """

    file: str
    line: int
    column: int
    key: str
    message: str
    hint: str = ""
    excerpt: str = ""

    @property
    def place(self) -> str:
        """`file:line:column`, or only the file if there is no line."""
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file

    @property
    def text(self) -> str:
        """The key and the message."""
        return f"{self.key}: {self.message}" if self.key else self.message

    def __str__(self) -> str:
        """One line: the place, the key and the message."""
        return f"{self.place}  {self.text}"


class RecipeError(UsageError):
    """A recipe that can't be read, with all errors in it.

    Args:
        problems: at least one, in the order of the file.
        hint: a command that helps, such as the `bvtk show` that lists a component's keys.
    """

    def __init__(self, problems: tuple[Problem, ...], hint: str = "") -> None:
        super().__init__("; ".join(map(str, problems)), hint)
        self.message = "\n".join(map(one_line, map(str, problems)))
        self.problems = problems
