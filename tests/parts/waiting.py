"""The one place in the tests that sleeps: between two looks at a condition."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
LOOK_EVERY_S = 0.02
BUSY = 3
"""A wait that succeeds ends at once; on a busy machine it is given so many times as long before it is called a failure."""


def wait_until(condition: Callable[[], T | None], what: str, timeout_s: float = 30.0) -> T:
    """The first true value of `condition`. Raise TimeoutError naming `what`."""
    deadline = time.monotonic() + BUSY * timeout_s
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {BUSY * timeout_s:g} s: {what}")
        time.sleep(LOOK_EVERY_S)
    return value
