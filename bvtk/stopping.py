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
    """Raised by a signal; no library takes it for an error of its own, as none takes `KeyboardInterrupt`."""


class Stop:
    """A request to stop, raised at once, or kept until the work can be put in order.

    Outside `deferred` a signal breaks off whatever the program is at, which every stage stands: what it writes is
    written whole or not at all; `Interrupted` leaves `listening`. Inside, the training loop asks `requested` after
    each step, saves a checkpoint, and raises `Interrupted` itself.
    """

    def __init__(self) -> None:
        self.requested: int | None = None
        self._deferring = False
        self._again: threading.Timer | None = None

    @contextmanager
    def listening(self) -> Iterator[Stop]:
        """Takes over both signals for the length of the block, where Python allows it (the main thread).

        Raises:
            Interrupted: where a signal broke the block off.
        """
        if threading.current_thread() is not threading.main_thread():
            yield self
            return
        before = {number: signal.signal(number, self._handle) for number in SIGNALS}
        try:
            with self._heard_in_callbacks(), self._broken_off():
                yield self
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @contextmanager
    def deferred(self) -> Iterator[None]:
        """Keeps a request until the block asks for it, or ends."""
        self._deferring = True
        try:
            yield
        finally:
            self._deferring = False
        self.check("stopped")

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Raises a request wherever it comes, inside `deferred` too: for long work that changes nothing."""
        before, self._deferring = self._deferring, False
        try:
            self.check("stopped")
            with self._broken_off():
                yield
        finally:
            self._deferring = before

    @contextmanager
    def _heard_in_callbacks(self) -> Iterator[None]:
        """Python drops what is raised in destructors and callbacks of weak references: there the signal comes again."""
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
    def _broken_off(self) -> Iterator[None]:
        """Raises `Interrupted` for a signal, or for what a library written in C made of one."""
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
