"""A process is told to stop once or twice, at any moment: it stops."""

from __future__ import annotations

import signal
import threading

import pytest

from parcours.background_threads import until_told


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_either_signal_stops(number: signal.Signals) -> None:
    with until_told() as stop:
        signal.raise_signal(number)
        assert stop.wait(10)


def test_a_signal_that_comes_while_the_event_is_in_use_stops_too() -> None:
    """The main thread may be inside the event's own code when a signal comes, and inside the handler when the next one
    does: the event's lock, which is taken only once, is held then."""
    with until_told() as stop:
        with stop._cond:  # type: ignore[attr-defined]  # the one way to be there for certain
            signal.raise_signal(signal.SIGTERM)
            signal.raise_signal(signal.SIGINT)
        assert stop.wait(10)


def test_a_signal_that_comes_once_all_is_told_to_stop_is_quiet() -> None:
    """Whoever stops twice reads nothing of it: what is written for nobody would be an error that Python prints."""
    with until_told() as stop:
        signal.raise_signal(signal.SIGINT)
        assert stop.wait(10)
        signal.raise_signal(signal.SIGINT)


def test_a_signal_of_which_the_main_thread_is_not_woken_stops_too() -> None:
    """As one that comes when it has just begun to wait: nothing interrupts its waiting then."""
    with until_told() as stop:

        def tell() -> None:
            signal.pthread_kill(threading.get_ident(), signal.SIGTERM)

        threading.Timer(0.2, tell).start()
        assert stop.wait(10)


def test_handlers_are_put_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with until_told():
        assert signal.getsignal(signal.SIGTERM) is not before
    assert signal.getsignal(signal.SIGTERM) is before
