"""SIGINT and SIGTERM: how a run is asked to stop, and when it does."""

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
"""Seconds after which a request that Python dropped is raised once more."""


class _Now(BaseException):
    """Raised by a signal. Like `KeyboardInterrupt`, no library handles it as an error of its own."""


class Stop:
    """A request to stop, raised at once or kept until the work can be saved.

    Outside `deferred` a signal interrupts the program at once. Every stage can be interrupted: its files are written
    whole or not at all. `listening` then raises `Interrupted`. Inside `deferred` the training loop checks `requested`
    after each step, saves a checkpoint, and raises `Interrupted` itself.
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
            with self._resending_dropped(), self._raising_interrupted():
                yield self
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @contextmanager
    def deferred(self) -> Iterator[None]:
        """Keeps a request until the block checks for it or ends."""
        self._deferring = True
        try:
            yield
        finally:
            self._deferring = False
        self.check("stopped")

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Raises a request at once, inside `deferred` too: for long work that changes nothing."""
        before, self._deferring = self._deferring, False
        try:
            self.check("stopped")
            with self._raising_interrupted():
                yield
        finally:
            self._deferring = before

    @contextmanager
    def _resending_dropped(self) -> Iterator[None]:
        """Sends a signal again if Python dropped it in a destructor or a callback of a weak reference."""
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
    def _raising_interrupted(self) -> Iterator[None]:
        """Raises `Interrupted` for a signal, or for the error that a library written in C turned it into."""
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
