"""How soon a thread that computes lets another go on: sooner while something takes long.

The event loop asks for that at each connection that has something to say. With Python's 5 ms, three threads that compute
for long make turns of 50 ms; with 1 ms, threads that share an ordinary request change places for nothing, and 32 clients
were recorded a sixth slower.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

SOON_S = 0.001


class _Computing:
    """What computes for long in this process, whose interval is one for all threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0
        # Looked up once: each time it is told and set it may lose a microsecond.
        self._usual_s = sys.getswitchinterval()

    def begin(self) -> None:
        with self._lock:
            self._count += 1
            if self._count == 1:
                sys.setswitchinterval(SOON_S)

    def end(self) -> None:
        with self._lock:
            self._count -= 1
            if self._count == 0:
                sys.setswitchinterval(self._usual_s)


_computing = _Computing()


@contextmanager
def giving_way() -> Iterator[None]:
    """Around what may compute for long, in whatever thread: meanwhile each lets the others go on soon."""
    _computing.begin()
    try:
        yield
    finally:
        _computing.end()
