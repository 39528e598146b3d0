"""The end of a process that answers HTTP: what arrives, and what cannot be finished in time, is told to come again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.process.unavailable import UnavailableError
from shared.web.problems import problem_response

DRAIN_S = 1.0
"""How long the rest of a body is still read after its answer. A connection closed on unread bytes is reset, and takes
the answer with it before a sender has read it."""
_STOPPING, _BODY = "parcours.stopping", "parcours.body"


class StoppingError(UnavailableError):
    code = "stopping"
    title = "This process is being stopped; send the same request again, to the one that follows it"
    title_fr = "Ce service s'arrête ; renvoyez la même demande"
    instead = "Send it again in a moment; nothing is recorded twice."
    instead_fr = "Renvoyez-la dans un instant ; rien n'est enregistré deux fois."

    def __init__(self, **fields: Any) -> None:
        super().__init__(reason="stopping", **fields)


class Stopping:
    """Whether a process is being stopped. `tell` and `end` may be called from any thread, the rest on the event loop.

    Once told, whatever arrives is answered `503 stopping`, what only waits (`After-Position`, the rest of a stream of
    lines) ends by itself, and everything else goes on; what is under way at the end is answered `503 stopping` too.
    """

    def __init__(self) -> None:
        self.is_told = False
        self.told = asyncio.Event()
        self._is_over = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._under_way: set[asyncio.Task[Any]] = set()

    @property
    def is_quiet(self) -> bool:
        """Nothing is under way."""
        return not self._under_way

    def tell(self) -> None:
        self.is_told = True
        self._on_loop(self.told.set)

    def end(self) -> None:
        """What is still under way has had its time."""
        self._is_over = True
        self._on_loop(self._cancel)

    def _on_loop(self, call: Callable[[], object]) -> None:
        # Without a loop nothing was ever asked: nobody waits for the news.
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(call)

    def _cancel(self) -> None:
        for task in self._under_way:
            task.cancel()

    async def guard(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """The answer of `app`, or `503 stopping`."""
        self._loop = asyncio.get_running_loop()
        body = _Body(receive)
        scope[_STOPPING], scope[_BODY] = self, body
        if self.is_told:
            await _refuse(scope, body, send)
            return
        task = asyncio.current_task()
        assert task is not None
        is_begun = False

        async def noted(message: Message) -> None:
            nonlocal is_begun
            is_begun = True
            await send(message)

        self._under_way.add(task)
        try:
            await app(scope, body, noted)
        except asyncio.CancelledError:
            # An answer half sent cannot become another one, and a cancellation from elsewhere is not ours to swallow.
            if is_begun or not self._is_over:
                raise
            # Taken back, or the next await of the refusal would be cancelled too.
            task.uncancel()
            await _refuse(scope, body, send)
        finally:
            self._under_way.discard(task)
            # Uvicorn's side of the request holds the scope, and by what it reads from the body the scope would hold that.
            scope.pop(_STOPPING), scope.pop(_BODY)


def stopping_of(scope: Scope) -> Stopping:
    """That of the process that answers; one that is never told where nobody stops anything."""
    found: Stopping = scope.get(_STOPPING) or Stopping()
    return found


class _Body:
    """The body of a request; `is_whole` once all of it has been read."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self.is_whole = False

    async def __call__(self) -> Message:
        message = await self._receive()
        self.is_whole = self.is_whole or message["type"] != "http.request" or not message.get("more_body", False)
        return message

    async def drain(self) -> None:
        try:
            async with asyncio.timeout(DRAIN_S):
                while not self.is_whole:
                    await self()
        except TimeoutError:
            return


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    response = problem_response(StoppingError())
    await last_answer(lambda send: response(scope, receive, send), scope, send)


async def last_answer(answer: Callable[[Send], Awaitable[None]], scope: Scope, send: Send) -> None:
    """The last answer of a connection, perhaps given before the body has been read whole: the rest of it is then read
    and dropped for a while, so that the sender comes to read the answer."""
    body: _Body | None = scope.get(_BODY)

    async def but_the_end(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], (b"connection", b"close")]}
        elif not message.get("more_body", False) and body is not None and not body.is_whole:
            await send({**message, "more_body": True})
            await body.drain()
            message = {"type": "http.response.body", "body": b"", "more_body": False}
        await send(message)

    await answer(but_the_end)
