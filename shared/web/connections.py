"""The connections of one HTTP server: what each may ask of it, and which of them goes where another wants in."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Protocol

from prometheus_client import CollectorRegistry, Counter, Gauge


@dataclass(frozen=True, slots=True)
class Limits:
    """Of what comes in by a connection, before anybody knows who sends it."""

    connections: int = 1_000
    head_bytes: int = 16 * 1024
    """The line of the request and its header fields: a token of a hundred structures fits well."""
    head_fields: int = 256
    """An event in binary mode has at most 200 attributes, each in a field."""
    head_s: float = 15.0
    """From the first byte of a head (of a new connection: from its beginning) to its last."""
    idle_s: int = 75
    """Between an answer and the next request: longer than proxies and pools of clients keep a connection that rests (60 s
    is usual), so that it is they who close it, and send nothing into one that is being closed here."""
    window_s: float = 30.0
    window_bytes: int = 8 * 1024
    """So many bytes of a body come, or of an answer go, in each window; time in which we do not read counts for nobody."""
    pipelined: int = 16
    """Requests behind the one that is answered; the next are not read before."""
    ahead_bytes: int = 64 * 1024
    """Of these, heads and bodies together."""
    linger_s: float = 1.0
    """How long more is read, and dropped, from a client that is sent away: closed on unread bytes, its connection would
    be reset, and our answer with it."""


class Droppable(Protocol):
    def drop(self) -> None: ...


class Connections:
    """Those of one server. Which of them have no request under way is known in the order in which they began to wait."""

    def __init__(self, limits: Limits, registry: CollectorRegistry) -> None:
        self.limits = limits
        self._open: set[Droppable] = set()
        self._waiting: OrderedDict[Droppable, None] = OrderedDict()
        self._ended = Counter(
            "parcours_http_ended", "Connections ended for what their client did", ["reason"], registry=registry
        )
        gauge = Gauge("parcours_http_connections", "Connections of clients", registry=registry)
        gauge.set_function(lambda: len(self._open))

    def has_room_for(self, connection: Droppable) -> bool:
        """Whether it may stay: else the one that has waited longest goes for it, so that a thousand that ask nothing keep
        nobody out. Where none waits it is sent away itself."""
        if len(self._open) >= self.limits.connections:
            if not self._waiting:
                self.ended("too_many")
                return False
            longest, _ = self._waiting.popitem(last=False)
            self._open.discard(longest)
            self.ended("crowded_out")
            longest.drop()
        self._open.add(connection)
        self._waiting[connection] = None
        return True

    def waits(self, connection: Droppable) -> None:
        self._waiting[connection] = None

    def is_asking(self, connection: Droppable) -> None:
        self._waiting.pop(connection, None)

    def has_left(self, connection: Droppable) -> None:
        self._open.discard(connection)
        self._waiting.pop(connection, None)

    def ended(self, reason: str) -> None:
        self._ended.labels(reason).inc()
