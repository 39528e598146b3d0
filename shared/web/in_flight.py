"""How many requests a process answers at once: over it the next is told to come again, and what runs goes on."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from shared.process.unavailable import UnavailableError
from shared.web.problems import problem_response
from shared.web.stopping import last_answer

MOST_REQUESTS = 500
"""Half of the connections: the others wait for a request, or are told so."""


class InFlight:
    """Requests to the services of one process, counted together. What is asked about the process is none of them."""

    def __init__(self, most: int = MOST_REQUESTS) -> None:
        self._most = most
        self._count = 0

    def bounded(self, app: ASGIApp) -> ASGIApp:
        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http" and self._count >= self._most:
                response = problem_response(UnavailableError(reason="overloaded"))
                await last_answer(lambda send: response(scope, receive, send), scope, send)
                return
            self._count += 1
            try:
                await app(scope, receive, send)
            finally:
                self._count -= 1

        return answer
