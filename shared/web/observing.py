"""Around everything a process answers: each request has an id, and is counted by its route, its status and its time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from time import perf_counter

from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.process.current_request import CurrentRequest, begin_request
from shared.web.addresses import METHODS
from shared.web.request_ids import HEADER, request_id_of

OTHER = "other"
"""Of what nobody declared: a label may only have values that are known before anybody asks."""
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
NOSNIFF = (b"x-content-type-options", b"nosniff")
NOT_KEPT = (b"cache-control", b"no-store")
ON_EVERY_ANSWER = (NOSNIFF, NOT_KEPT)
"""What is quoted in an answer is never taken for a page or a script; and none is kept on its way or by a browser: shown again
from there it would leave no line in the log of reads, and outlive whoever may see it."""
_KNOWN_METHODS = frozenset({*METHODS, "HEAD", "OPTIONS"})

Answer = Callable[[Scope, Receive, Send], Awaitable[None]]


class HttpMetrics:
    """What was answered. Children are kept by their labels, since finding them again costs more than counting."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._requests = Counter(
            "parcours_http_requests", "Requests answered", ["service", "method", "route", "status"], registry=registry
        )
        self._seconds = Histogram(
            "parcours_http_request_seconds",
            "From the request's head to the end of its answer",
            ["service", "method", "route"],
            buckets=_SECONDS,
            registry=registry,
        )
        self._unavailable = Counter(
            "parcours_http_unavailable", "Requests told to come again (503)", ["service", "reason"], registry=registry
        )
        self._over_quota = Counter(
            "parcours_http_over_quota", "Requests refused by a quota (429)", ["service"], registry=registry
        )
        self._children: dict[tuple[str, str, str, int], tuple[Counter, Histogram]] = {}

    def answered(self, service: str, method: str, request: CurrentRequest, status: int, seconds: float) -> None:
        """`status` 0: the sender left before there was an answer."""
        labels = (service, method if method in _KNOWN_METHODS else OTHER, request.route or OTHER, status)
        children = self._children.get(labels)
        if children is None:
            children = self._requests.labels(*labels), self._seconds.labels(*labels[:3])
            self._children[labels] = children
        children[0].inc()
        children[1].observe(seconds)
        if status == 503:
            self._unavailable.labels(service, request.reason or OTHER).inc()
        elif status == 429:
            self._over_quota.labels(service).inc()


class Observed:
    """`app` with an id for each request, in its answer too, whatever that is. Plain ASGI: it must cost nothing."""

    def __init__(self, app: ASGIApp, metrics: HttpMetrics, service_of: Callable[[Scope], str]) -> None:
        self._app = app
        self._metrics = metrics
        self._service_of = service_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = CurrentRequest(request_id_of(scope["headers"]))
        begin_request(request)
        started = perf_counter()
        status, is_whole = 0, False

        async def noted(message: Message) -> None:
            nonlocal status, is_whole
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), (HEADER, request.id.encode())]
                message["headers"] += ON_EVERY_ANSWER
            elif message["type"] == "http.response.body":
                is_whole = not message.get("more_body", False)
            await send(message)

        try:
            await self._app(scope, receive, noted)
        except Exception:
            # Answered `500` and logged already; raised once more by Starlette for servers that have no log of their own.
            if not (is_whole and status == 500):
                raise
        finally:
            if request.at_end is not None:
                request.at_end()
            self._metrics.answered(self._service_of(scope), scope["method"], request, status, perf_counter() - started)
