"""How much of large bodies a service holds at once. One is held whole until it is answered, since it is judged as one: of
many that come slowly, or wait for their turn, the memory would else be whatever their senders like."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from shared.process.unavailable import UnavailableError

MOST_BYTES = 64 * 1024 * 1024
"""Four of the largest batches; what is longer comes as lines, of which little is held."""


class BodyRoom:
    def __init__(self, most: int = MOST_BYTES) -> None:
        self._most = most
        self.held = 0

    @contextmanager
    def place(self) -> Iterator[Callable[[int], None]]:
        """For one body: call what is given with the bytes that came. It raises UnavailableError where there is no room."""
        taken = 0

        def take(count: int) -> None:
            nonlocal taken
            if self.held + count > self._most:
                raise UnavailableError(reason="overloaded")
            self.held += count
            taken += count

        try:
            yield take
        finally:
            self.held -= taken
