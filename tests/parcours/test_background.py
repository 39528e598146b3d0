"""A process is told to stop once, twice, or by a storm of signals: it stops."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from parcours.background import until_told


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_either_signal_stops(number: signal.Signals) -> None:
    with until_told() as stop:
        signal.raise_signal(number)
        assert stop.wait(10)


STORM = "import os, sys\nfor _ in range(20_000): os.kill(int(sys.argv[1]), 15)"


def test_signals_that_come_while_others_are_handled_stop_all_the_same() -> None:
    """The main thread may be inside the event when a signal comes, and inside the handler when the next one does."""
    with until_told() as stop:
        sender = subprocess.Popen([sys.executable, "-c", STORM, str(os.getpid())])
        while sender.poll() is None:
            stop.wait(0.001)
        assert stop.wait(10)


def test_handlers_are_put_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with until_told():
        assert signal.getsignal(signal.SIGTERM) is not before
    assert signal.getsignal(signal.SIGTERM) is before
