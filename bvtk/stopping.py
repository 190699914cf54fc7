"""How SIGINT and SIGTERM stop a run, and when."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from bvtk.errors import BvtkError, Interrupted

SIGNALS = (signal.SIGINT, signal.SIGTERM)
_AGAIN = 0.05
"""Seconds after which a request that Python dropped is sent again."""


class _Now(BaseException):
    """Raised by a signal. Like `KeyboardInterrupt` it is no `Exception`, so that libraries do not catch it."""


class Stop:
    """A request to stop, raised at once, or kept until the work can be left in good order.

    Outside `deferred`, a signal interrupts whatever runs, and `Interrupted` leaves `listening`. That is safe for every
    stage, since files are written whole or not at all. Inside, the training loop checks `requested` after each step,
    saves a checkpoint, and raises `Interrupted` itself.
    """

    def __init__(self) -> None:
        self.requested: int | None = None
        self._deferring = False
        self._again: threading.Timer | None = None

    @contextmanager
    def listening(self) -> Iterator[Stop]:
        """Handles both signals for the length of the block, if Python allows it (in the main thread).

        Raises:
            Interrupted: if a signal interrupted the block.
        """
        if threading.current_thread() is not threading.main_thread():
            yield self
            return
        before = {number: signal.signal(number, self._handle) for number in SIGNALS}
        try:
            with self._repeating_in_callbacks(), self._interrupting():
                yield self
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @contextmanager
    def deferred(self) -> Iterator[None]:
        """Keeps a request until the block checks for it, or ends."""
        self._deferring = True
        try:
            yield
        finally:
            self._deferring = False
        self.check("stopped")

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Raises a request immediately, even inside `deferred`: for long work that changes nothing."""
        before, self._deferring = self._deferring, False
        try:
            self.check("stopped")
            with self._interrupting():
                yield
        finally:
            self._deferring = before

    @contextmanager
    def _repeating_in_callbacks(self) -> Iterator[None]:
        """Repeats a signal whose exception Python dropped: in destructors and callbacks of weak references."""
        before = sys.unraisablehook

        def dropped(what: sys.UnraisableHookArgs) -> None:
            if what.exc_type is not _Now or self.requested is None:
                before(what)
                return
            self._again = threading.Timer(_AGAIN, _send, (self.requested,))
            self._again.start()

        sys.unraisablehook = dropped
        try:
            yield
        finally:
            sys.unraisablehook = before
            if self._again is not None:
                self._again.cancel()
                self._again.join()

    @contextmanager
    def _interrupting(self) -> Iterator[None]:
        """Raises `Interrupted` for a signal, or for the error that a library written in C raised in its place."""
        try:
            yield
        except BvtkError:
            raise
        except (_Now, Exception):
            self.check("stopped")
            raise

    def check(self, message: str) -> None:
        """Raises the request, if there is one.

        Raises:
            Interrupted: with this message.
        """
        if self.requested is not None:
            raise Interrupted(self.requested, message)

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        self.requested = number
        if not self._deferring:
            raise _Now


def _send(number: int) -> None:
    """Sends this process a signal that wakes its main thread."""
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(threading.main_thread().ident or 0, number)
    else:
        signal.raise_signal(number)
