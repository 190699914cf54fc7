"""SIGINT and SIGTERM: how a run is asked to stop, and when it does."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from bvtk.errors import BvtkError, Interrupted

SIGNALS = (signal.SIGINT, signal.SIGTERM)


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
            with self._broken_off():
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
