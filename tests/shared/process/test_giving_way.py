"""Threads that compute give way soon while something takes long, and as Python has it else."""

from __future__ import annotations

import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.process.giving_way import SOON_S, giving_way

USUAL_S = sys.getswitchinterval()


def gives_way_soon() -> bool:
    return sys.getswitchinterval() == pytest.approx(SOON_S)


def is_as_usual() -> bool:
    return sys.getswitchinterval() == pytest.approx(USUAL_S)


def test_soon_while_something_takes_long() -> None:
    with giving_way():
        assert gives_way_soon()
    assert is_as_usual()


def test_as_usual_after_a_failure() -> None:
    with pytest.raises(ZeroDivisionError), giving_way():
        raise ZeroDivisionError
    assert is_as_usual()


def test_until_the_last_of_those_that_take_long_together_is_done() -> None:
    """They end in another order than they began in."""
    first, second = giving_way(), giving_way()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert gives_way_soon()
    second.__exit__(None, None, None)
    assert is_as_usual()


def test_many_threads_at_once_leave_it_as_it_was() -> None:
    together = threading.Barrier(8)

    def long() -> bool:
        together.wait(30)
        for _ in range(200):
            with giving_way():
                if not gives_way_soon():
                    return False
        return True

    with ThreadPoolExecutor(8) as threads:
        asked = [threads.submit(long) for _ in range(8)]
        assert all(one.result() for one in asked)
    assert is_as_usual()
