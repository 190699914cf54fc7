"""What bvtk says when something is wrong: what was found, what was expected, what to do."""

from __future__ import annotations

from dataclasses import dataclass


def printable(text: str, limit: int = 60) -> str:
    """Text fit for one line of a terminal: control characters escaped, the end of long text cut."""
    safe = "".join(c if c.isprintable() else _escape(c) for c in text[: limit + 1])
    return safe if len(text) <= limit else safe[:limit] + "…"


def _harmless(text: str) -> str:
    """Text without what moves a terminal's cursor or turns its text around: names of strangers stand in messages."""
    return "".join(c if c.isprintable() or c == "\n" else _escape(c) for c in text)


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode()


class BvtkError(Exception):
    """A failure that a user can understand and mend.

    Args:
        message: what was found, and what was expected.
        hint: what to do about it; empty where the message says it all.
    """

    exit_code = 1
    """What the command line exits with: 1 the work failed, 2 the input was wrong."""

    def __init__(self, message: str, hint: str = "") -> None:
        self.message = _harmless(message)
        self.hint = _harmless(hint)
        super().__init__(self.message)

    def __str__(self) -> str:
        """The message, followed by the hint on a line of its own."""
        return f"{self.message}\n{self.hint}" if self.hint else self.message


class UsageError(BvtkError):
    """Arguments, names or files that can't be used as they were given."""

    exit_code = 2


class PluginError(UsageError):
    """A plugin that can't be loaded, or that claims a name already taken."""


class DataError(UsageError):
    """A data set that is missing, damaged or of the wrong form."""


class RunError(BvtkError):
    """A run that can't go on: not finite, not writable, damaged or in use."""


class RunBusyError(RunError):
    """A run folder that another process is writing to."""

    exit_code = 2


class Interrupted(BvtkError):  # noqa: N818
    """A signal that asked the program to stop, after everything was put in order.

    Args:
        signum: the signal's number: 2 for SIGINT, 15 for SIGTERM.
        message: where the work stands.
    """

    def __init__(self, signum: int, message: str) -> None:
        super().__init__(message, "the same command resumes")
        self.exit_code = 128 + signum


@dataclass(frozen=True)
class Problem:
    """One thing wrong in a recipe.

    Args:
        file: the recipe's path as given, or `<command line>`.
        line: from 1; 0 where there is no line to point at.
        column: from 1; 0 where there is no column to point at.
        key: the dotted key, such as `model.encoder.width`; empty for the whole file.
        message: what is wrong.
        hint: what would be right.
        excerpt: the lines around it, a caret under the place; empty where there are none.
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
        """`file:line:column`, or the file alone where there is no line."""
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file

    @property
    def said(self) -> str:
        """The message, after the key that it is about."""
        return f"{self.key}: {self.message}" if self.key else self.message

    def __str__(self) -> str:
        """One line: the place and what is wrong there."""
        return f"{self.place}  {self.said}"


class RecipeError(UsageError):
    """A recipe that can't be read, with everything that is wrong in it.

    Args:
        problems: at least one, in the order of the file.
        hint: where to read on, such as the `bvtk show` command that lists a component's keys.
    """

    def __init__(self, problems: tuple[Problem, ...], hint: str = "") -> None:
        super().__init__("\n".join(map(str, problems)), hint)
        self.problems = problems
