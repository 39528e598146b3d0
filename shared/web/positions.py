"""`After-Position: pathways:123, structures:4`: answer once that has been applied here, or say what is missing."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from time import monotonic

from starlette.datastructures import Headers
from starlette.requests import Request

from shared.process.unavailable import UnavailableError
from shared.web.headers import listed, preferences
from shared.web.problems import Fault, MalformedError
from shared.web.stopping import StoppingError, stopping_of

LONGEST_WAIT_S = 30.0
"""However long a caller is willing to wait: proxies between usually give up a request after a minute."""
_POLL_S = 0.01
"""A fact is usually applied some 10 ms after it was recorded; asking costs one read of a small table."""

_POSITION = re.compile(r"([a-z]+):([0-9]{1,18})")

Positions = Mapping[str, int]


class NotYetAppliedError(UnavailableError):
    code = "not_yet_applied"
    title = "What the request asks to come after has not been applied here yet; send it again"
    title_fr = "Les faits attendus ne sont pas encore pris en compte ici ; renvoyez la demande"
    instead = "Send it again in a moment."
    instead_fr = "Renvoyez-la dans un instant."


def positions(header: str) -> dict[str, int]:
    """From the header's text. Raise MalformedError."""
    wanted: dict[str, int] = {}
    for part in filter(None, (piece.strip() for piece in header.split(","))):
        match = _POSITION.fullmatch(part)
        if match is None:
            fault = Fault("", "bad_after_position", "After-Position is like `pathways:123, structures:4`")
            raise MalformedError([fault], header="After-Position")
        # Several lines of one header may name a service twice: the later position holds the earlier one.
        wanted[match[1]] = max(int(match[2]), wanted.get(match[1], 0))
    return wanted


def wait_seconds(headers: Headers, otherwise: float = 0.0) -> float:
    """Seconds of `Prefer: wait=5`; `otherwise` where it does not say."""
    text = preferences(headers).get("wait", "")
    return min(float(text), LONGEST_WAIT_S) if text.isascii() and text.isdigit() else otherwise


async def reached(request: Request, applied: Callable[[], Awaitable[Positions]]) -> None:
    """Return once every wanted position is applied. A service that `applied` does not name counts as satisfied.

    Raise NotYetAppliedError with what is missing after the seconds the caller is willing to wait, StoppingError where
    the process is stopped meanwhile.
    """
    wanted = positions(listed(request.headers, "after-position"))
    if not wanted:
        return
    stopping = stopping_of(request.scope)
    deadline = monotonic() + wait_seconds(request.headers)
    while missing := _missing(wanted, await applied()):
        if monotonic() >= deadline:
            raise NotYetAppliedError(missing=missing)
        if stopping.is_told:
            raise StoppingError(missing=missing)
        await asyncio.sleep(_POLL_S)


def _missing(wanted: Positions, applied: Positions) -> dict[str, dict[str, int]]:
    return {
        service: {"wanted": position, "applied": applied[service]}
        for service, position in wanted.items()
        if service in applied and applied[service] < position
    }
