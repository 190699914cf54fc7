from __future__ import annotations

import os
import signal
import threading
import time
import weakref
from contextlib import suppress

import pytest

from bvtk.errors import Interrupted, RunError
from bvtk.stopping import Stop


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_stops_at_once(number: int, code: int) -> None:
    with pytest.raises(Interrupted) as caught, Stop().listening():
        os.kill(os.getpid(), number)
    assert caught.value.exit_code == code
    assert "run the same command again to resume" in str(caught.value)


def test_a_deferred_signal_waits_until_it_is_asked_for() -> None:
    reached = False
    with pytest.raises(Interrupted, match="after a checkpoint"), Stop().listening() as stop, stop.deferred():  # noqa: PT012
        os.kill(os.getpid(), signal.SIGTERM)
        reached = True
        stop.check("after a checkpoint")
    assert reached


def test_a_deferred_signal_is_not_lost_at_the_end() -> None:
    with pytest.raises(Interrupted), Stop().listening() as stop, stop.deferred():
        os.kill(os.getpid(), signal.SIGINT)


def test_work_that_changes_nothing_is_cut_short_even_where_requests_are_kept() -> None:
    went_on = False
    with pytest.raises(Interrupted), Stop().listening() as stop, stop.deferred(), stop.at_once():  # noqa: PT012
        os.kill(os.getpid(), signal.SIGTERM)
        went_on = True
    assert not went_on


def test_such_work_does_not_begin_where_a_request_waits_and_keeps_later_ones_waiting() -> None:
    stop = Stop()
    with pytest.raises(Interrupted), stop.listening(), stop.deferred():  # noqa: PT012
        with stop.at_once():
            pass
        os.kill(os.getpid(), signal.SIGTERM)
        stop.check("at_once")
    with pytest.raises(Interrupted, match="stopped"), stop.deferred(), stop.at_once():
        raise AssertionError("the work began")


def test_no_library_takes_a_signal_for_an_error_of_its_own() -> None:
    went_on = False
    with pytest.raises(Interrupted), Stop().listening():  # noqa: PT012
        with suppress(Exception):
            os.kill(os.getpid(), signal.SIGTERM)
        went_on = True
    assert not went_on


def test_what_a_library_makes_of_a_signal_is_a_request_to_stop() -> None:
    """Code in C that calls Python back may raise its own error instead; without a signal an error stays one."""

    def drawn() -> None:
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        except BaseException:
            raise ValueError("invalid bounding box") from None

    with pytest.raises(Interrupted), Stop().listening():
        drawn()
    with pytest.raises(ValueError, match="invalid"), Stop().listening():
        raise ValueError("invalid")


def test_a_failure_in_putting_things_in_order_is_told_instead() -> None:
    with pytest.raises(RunError, match="no room"), Stop().listening() as stop, stop.deferred():  # noqa: PT012
        os.kill(os.getpid(), signal.SIGTERM)
        raise RunError("no room for the checkpoint")


def test_handlers_are_put_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with Stop().listening():
        assert signal.getsignal(signal.SIGTERM) != before
    assert signal.getsignal(signal.SIGTERM) == before


def test_another_thread_listens_to_nothing_and_works() -> None:
    done = []

    def work() -> None:
        with Stop().listening() as stop:
            done.append(stop.requested)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == [None]


def test_a_signal_in_a_callback_that_python_drops_comes_again(capfd: pytest.CaptureFixture[str]) -> None:
    class Thing:
        pass

    thing = Thing()
    watch = weakref.ref(thing, lambda _: os.kill(os.getpid(), signal.SIGTERM))
    began = time.monotonic()
    with pytest.raises(Interrupted), Stop().listening():  # noqa: PT012
        del thing
        time.sleep(300)
    assert watch() is None
    assert time.monotonic() - began < 200
    assert "Traceback" not in capfd.readouterr().err
