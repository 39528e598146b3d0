"""HTTP of one connection, as uvicorn speaks it, with bounds on what a client may send and on how slowly.

Uvicorn's own options do not have them: `h11_max_incomplete_event_size` is of its other parser, `limit_concurrency` counts
connections that ask nothing, answers probes `503` too, and says neither when to come again nor why, `backlog` is of what
the system has not handed over yet, and without `timeout_keep_alive`, which is enough for a connection between two
requests, nothing has a time at all.
"""

from __future__ import annotations

import asyncio
from typing import Any

import uvicorn
from prometheus_client import CollectorRegistry
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from shared.deciding.refusals import DomainError
from shared.web.connections import Connections, Limits
from shared.web.flow import Flow
from shared.web.http_refusals import HeadersTooLargeError, TooSlowError, UnreadableRequestError
from shared.web.observing import ON_EVERY_ANSWER
from shared.web.problems import problem_response
from shared.web.request_ids import HEADER, request_id_of

_HEAD_END = b"\r\n\r\n"
_OF_BODY = (b"content-length", b"transfer-encoding")


class HttpConfig(uvicorn.Config):
    """How every process serves HTTP, those of the tests too. `registry`: where its connections are counted."""

    def __init__(
        self, app: Any, registry: CollectorRegistry, limits: Limits | None = None, graceful_s: int | None = None
    ) -> None:
        limits = limits or Limits()
        super().__init__(
            app,
            http=BoundedProtocol,
            ws="none",
            log_config=None,  # its lines go where all others do, in their form
            log_level="warning",
            access_log=False,
            lifespan="off",
            timeout_keep_alive=limits.idle_s,
            timeout_graceful_shutdown=graceful_s,
            server_header=False,
            proxy_headers=False,  # nothing here asks for the address of who sends, or for the scheme
        )
        self.clients = Connections(limits, registry)


class BoundedProtocol(HttpToolsProtocol):
    """One connection. `_in_head`, `_in_body`: which part of a message is on its way."""

    flow: Flow

    def __init__(
        self,
        config: uvicorn.Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        assert isinstance(config, HttpConfig)
        self._clients = config.clients
        self._limits = config.clients.limits
        self._in_head = self._in_body = False
        self._answering: RequestResponseCycle | None = None
        """The request under way, or the last one; `cycle` is the last that was read."""
        self._messages = 0
        self._begun = 0
        """Of these, by the bytes that are fed to the parser."""
        self._fed = 0
        """How many these are."""
        self._head_bytes = 0
        self._bodiless_bytes = 0
        """Of a body's framing (extensions of chunks, trailers) since any of the body came."""
        self._ahead_bytes = 0
        self._unread = b""
        self._fault: DomainError | None = None
        self._parting: DomainError | None = None
        self._is_over = False
        self._received = 0
        self._due: tuple[str, int] | None = None
        """What the client owes us, and of which message."""
        self._timer: asyncio.TimerHandle | None = None

    # The connection

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.flow = Flow(transport, self.loop, self._limits, self._give_up)
        if self._clients.has_room_for(self):
            self._watch()
        else:
            self._is_over = True
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._is_over = True
        self._clients.has_left(self)
        self._stop_timers()
        self.pipeline.clear()
        self._unread = b""
        if self._answering is not None and not self._answering.response_complete:
            _leave(self._answering)  # uvicorn tells `cycle` alone, which may be one that only waited
        super().connection_lost(exc)

    def drop(self) -> None:
        """Somebody else needs its place; no request is under way."""
        self._is_over = True
        self._stop_timers()
        self.connections.discard(self)
        self.transport.abort()

    def _stop_timers(self) -> None:
        self.flow.stop()
        if self._timer is not None:
            self._timer.cancel()

    @property
    def _is_answering(self) -> bool:
        return self._answering is not None and not self._answering.response_complete

    # What comes

    def data_received(self, data: bytes) -> None:
        if self._is_over:
            return
        self._received += len(data)
        if self._unread:
            self._unread += data
        else:
            self._read(data)

    def _read(self, data: bytes) -> None:
        """As much as there is room for; the rest when some of what waits is answered."""
        # No message is without the end of a head: hardly ever are they too many to be parsed all at once.
        if len(self.pipeline) + data.count(_HEAD_END) <= self._limits.pipelined:
            self._feed(data)
        else:
            start = 0
            while start < len(data) and len(self.pipeline) < self._limits.pipelined and not self._is_over:
                end = data.find(_HEAD_END, start)
                end = len(data) if end < 0 else end + len(_HEAD_END)
                self._feed(data[start:end])
                start = end
            self._unread = b"" if self._is_over else data[start:]
        if not self._is_over:
            self._hold()
            self._watch()

    def _hold(self) -> None:
        is_far_ahead = bool(self.pipeline) and self._ahead_bytes >= self._limits.ahead_bytes
        self.flow.hold(bool(self._unread) or is_far_ahead or len(self.pipeline) >= self._limits.pipelined)

    def _feed(self, data: bytes) -> None:
        is_of_head = not self._in_body
        self._begun, self._fed = 0, len(data)
        self._bodiless_bytes += len(data)
        super().data_received(data)
        self._ahead_bytes = self._ahead_bytes + len(data) if self.pipeline else 0
        if self._in_head and not self._is_over:
            # Of a head that began behind something else the first bytes are not counted: at most one reading of the
            # socket, and all of them once it is whole.
            self._head_bytes += len(data) if is_of_head and self._begun < 2 else 0
            if self._head_bytes > self._limits.head_bytes:
                self._end(self._too_large())
        elif self._in_body and (
            self._bodiless_bytes > self._fed + self._limits.head_bytes or len(self.headers) > self._limits.head_fields
        ):
            self._end(self._too_large())

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._messages += 1
        self._begun += 1
        self._in_head = True
        self._head_bytes = 0

    def on_headers_complete(self) -> None:
        if self._is_head_too_large():
            self._fault = self._too_large()
        elif self.parser.should_upgrade() and any(name in _OF_BODY for name, _ in self.headers):
            self._fault = UnreadableRequestError(reason="upgrade")  # the parser would pass over the body
        if self._fault is not None:
            raise ValueError(self._fault.code)  # the parser stops, and `send_400_response` is called
        super().on_headers_complete()
        self._in_head, self._in_body = False, True
        self._bodiless_bytes = 0
        self._clients.is_asking(self)
        if self.parser.should_upgrade():
            # To HTTP/2, say: we go on as before, on another connection, for the parser reads nothing behind it.
            self.cycle.keep_alive = False

    def _is_head_too_large(self) -> bool:
        if len(self.headers) > self._limits.head_fields:
            return True
        # The sum only where it could be too large: together with a body, or with other requests.
        return self._head_bytes + self._fed > self._limits.head_bytes and (
            len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers) > self._limits.head_bytes
        )

    def _too_large(self) -> HeadersTooLargeError:
        return HeadersTooLargeError(limit_bytes=self._limits.head_bytes, limit_fields=self._limits.head_fields)

    def on_body(self, body: bytes) -> None:
        self._bodiless_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._in_body = False

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._answering = cycle
        super()._start_asgi_task(cycle, app)

    def _unsupported_upgrade_warning(self) -> None:
        """Not a line for each request of a client that asks for HTTP/2, as some do by themselves."""

    def send_400_response(self, msg: str) -> None:
        self._end(self._fault or UnreadableRequestError())

    # What goes

    def on_response_complete(self) -> None:
        if self._parting is not None and not self.pipeline:
            self._part(self._parting)
        super().on_response_complete()
        if self._is_over or self.transport.is_closing():
            return
        if not self._is_answering:
            self._clients.waits(self)
        if not self.pipeline:
            self._ahead_bytes = 0
        # Not at each: what is unread is copied every time.
        if self.flow.is_held and len(self.pipeline) <= self._limits.pipelined // 2:
            unread, self._unread = self._unread, b""
            if unread:
                self._read(unread)
            else:
                self._hold()

    def _give_up(self) -> None:
        """Of a client that does not take its answer: it holds a place among the requests."""
        self._clients.ended("slow_reader")
        self._is_over = True
        self.transport.abort()

    # Time

    def _watch(self) -> None:
        """A timer while the client owes us something, begun anew with each message; a request that comes whole needs
        none."""
        part = "body" if self._in_body else "head" if self._in_head or not self._is_answering else None
        due = None if part is None else (part, self._messages)
        if due == self._due:
            return
        self._due = due
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if part == "head":
            self._timer = self.loop.call_later(self._limits.head_s, self._head_is_late)
        elif part == "body":
            self._look_again_at_body()

    def _head_is_late(self) -> None:
        if self.flow.read_paused:  # it may wait in the system
            self._timer = self.loop.call_later(self._limits.head_s, self._head_is_late)
        elif self._in_head:
            self._end(TooSlowError())
        elif not self._is_answering:
            self.transport.close()

    def _look_again_at_body(self) -> None:
        was = (self._received, self.flow.read_paused)
        self._timer = self.loop.call_later(self._limits.window_s, self._look_at_body, *was)

    def _look_at_body(self, before: int, was_paused: bool) -> None:
        if was_paused or self.flow.read_paused or self._received - before >= self._limits.window_bytes:
            self._look_again_at_body()
        else:
            self._end(TooSlowError())

    # The end

    def _end(self, error: DomainError) -> None:
        """Nothing more of this client is read. It is told why, once what it asked before is answered."""
        self._is_over = True
        self._clients.ended(error.code)
        if self._timer is not None:
            self._timer.cancel()
        if self._in_body and self.cycle.response_complete:  # it has its answer already
            self.transport.close()
            return
        if self._in_body and self.pipeline:
            self.pipeline.popleft()  # never whole, and not begun
        elif self._in_body:
            _leave(self.cycle)
            if self.cycle.response_started:
                self.transport.abort()
            else:
                self._part(error)
            return
        if self._is_answering:
            self._parting = error
        else:
            self._part(error)

    def _part(self, error: DomainError) -> None:
        if self.transport.is_closing():  # it asked for its last answer itself
            return
        response = problem_response(error)
        headers = [
            *self.server_state.default_headers,
            *response.raw_headers,
            (HEADER, request_id_of(()).encode()),
            *ON_EVERY_ANSWER,
            (b"connection", b"close"),
        ]
        head = STATUS_LINE[response.status_code] + b"".join(b"%b: %b\r\n" % header for header in headers)
        self.transport.write(head + b"\r\n" + bytes(response.body))
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.flow.hold(False)
        self.flow.resume_reading()  # what still comes is dropped
        self._timer = self.loop.call_later(self._limits.linger_s, self.transport.abort)


def _leave(cycle: RequestResponseCycle) -> None:
    """As if its client had left: what reads the body, or looks whether anybody waits, drops its work."""
    cycle.disconnected = True
    cycle.message_event.set()
