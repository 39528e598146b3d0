"""Work of a caller who left: nobody reads its answer, and others wait behind it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive

T = TypeVar("T")


async def unless_left(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """What `work` gives. Raise ClientDisconnect once the caller has left, with the work cancelled. The body must have been
    read whole: nothing else of the request comes then."""
    working = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(_left(request.receive))
    try:
        await asyncio.wait((working, leaving), return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise ClientDisconnect()
        return working.result()
    finally:
        for task in (working, leaving):
            task.cancel()
        await asyncio.gather(working, leaving, return_exceptions=True)
        # What is raised here holds this frame, and the frame would hold the task that holds what is raised: with the body
        # they would stay until the collector's next full pass.
        del working, leaving


async def _left(receive: Receive) -> None:
    # The end of a body may be told once more, empty.
    while (await receive())["type"] != "http.disconnect":
        pass
