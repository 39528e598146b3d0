"""The request that is being answered, known to whatever is called meanwhile: log lines, recorded facts, figures."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(slots=True)
class CurrentRequest:
    """`id`: the sender's, or made here; one line of a log, and one fact, can be found by it. `route`: the template of the
    address, once it is found. `reason`: why it was told to come again, if it was. `is_counted`: among those of its caller.
    `at_end`: to be called once it is answered, or nobody waits for it."""

    id: str
    route: str | None = None
    reason: str | None = None
    is_counted: bool = False
    at_end: Callable[[], None] | None = None


# A task copies the variables of the task that makes it, and so does a thread that `asyncio.to_thread` lends; the object
# is the same one, so that what is noted deep inside is seen where the request began.
_CURRENT: ContextVar[CurrentRequest | None] = ContextVar("parcours_request", default=None)


def current_request() -> CurrentRequest | None:
    """None outside of a request: in a loop, in a command."""
    return _CURRENT.get()


def begin_request(request: CurrentRequest) -> None:
    """For the task that answers it, and those it makes."""
    _CURRENT.set(request)


def request_id() -> str | None:
    request = _CURRENT.get()
    return None if request is None else request.id
