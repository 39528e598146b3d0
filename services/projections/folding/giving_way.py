"""A rebuild comes after those who wait for their rows: it works in small pieces, and rests while facts arrive.

What the live loop would wait for otherwise: subjects that the rebuild has locked, the database's processes, and
processors. `nice` reaches the last alone.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from typing import Any

from psycopg import Connection

from shared.histories.places import highest_known

NICE = 10
LONGEST_REST_S = 1.0


def step_back() -> None:
    """This process takes only what others leave of the processors. For good: nobody may take it back."""
    os.setpriority(os.PRIO_PROCESS, 0, max(NICE, os.getpriority(os.PRIO_PROCESS, 0)))


class Pieces:
    """Of one worker. `rest`: waits so many seconds; `clock`: tells how long a piece took."""

    def __init__(self, rest: Callable[[float], None] = time.sleep, clock: Callable[[], float] = time.monotonic) -> None:
        self._rest = rest
        self._clock = clock
        self._since = clock()
        self._known: Mapping[str, int] | None = None

    def done(self, connection: Connection[Any]) -> None:
        """After a piece. Where facts came since the one before, rest as long as it took: half of the time is others' then."""
        known = highest_known(connection)
        if self._known not in (None, known):
            self._rest(min(self._clock() - self._since, LONGEST_REST_S))
        self._known = known
        self._since = self._clock()
