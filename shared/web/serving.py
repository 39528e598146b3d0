"""What every process that answers HTTP has: health, readiness, metrics, problems, and services behind one address."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog
from fastapi import Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.deciding.refusals import DomainError
from shared.process.current_request import current_request
from shared.process.metrics import Metrics
from shared.roles.presence import ByWill
from shared.web.addresses import PlainAddresses, allowed_methods
from shared.web.docs_page import add_docs_page
from shared.web.edge import Edge
from shared.web.in_flight import MOST_REQUESTS, InFlight
from shared.web.observing import HttpMetrics, Observed
from shared.web.problems import Fault, MalformedError, NotFoundError, problem_response
from shared.web.stopping import Stopping
from shared.web.unknown_parameters import refuse_unread_parameters

log = structlog.get_logger(__name__)

Check = Callable[[], Awaitable[str | None]]
"""Nothing when ready, else what is missing; `ByWill`: what somebody wants so, a warning and no fault."""
PROCESS = "process"
"""In metrics, what is asked about the process itself; no service is called so."""
READY_WITHIN_S = 1.9
"""Seconds after which a check that has not answered counts as failed: probes are answered within 2. Longer than a
service waits for its database, so that its own reason is told where it has one."""
WarningOf = Callable[[], str | None]
"""What to know of a part that is ready all the same; found by its check, which is asked first."""


def json_response(value: Any) -> Response:
    """Days, instants and ids as text."""
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
    return Response(body.encode(), media_type="application/json")


class MethodNotAllowedError(DomainError):
    code = "method_not_allowed"
    title = "This address is not used with this method"
    title_fr = "Cette adresse ne s'utilise pas ainsi"
    instead = "See the header `Allow` for what this address takes."
    instead_fr = "L'en-tête « Allow » dit ce que cette adresse accepte."
    status = 405


class InternalError(DomainError):
    code = "failed"
    title = "An error on our side; it is logged, and nothing was recorded that was not answered"
    title_fr = "Une erreur de notre côté a empêché de répondre ; rien n'a été enregistré sans réponse"
    instead = "Send the same request again; where it lasts, tell whoever runs the service."
    instead_fr = "Renvoyez la même demande ; si l'erreur persiste, prévenez l'exploitant du service."
    status = 500


_PROBLEMS: Mapping[int, DomainError] = {
    400: MalformedError([Fault("", "not_json", "the body cannot be read")]),
    404: NotFoundError(),
    405: MethodNotAllowedError(),
}


def service_app(name: str, title: str) -> FastAPI:
    """An application whose addresses begin with `/<name>/v1` and whose errors are problems."""
    app = FastAPI(
        title=title,
        version="1",
        openapi_url=f"/{name}/v1/openapi.json",
        docs_url=None,  # theirs takes its scripts from elsewhere
        redoc_url=None,
        # A redirect would have the body sent twice, or lost; an address has one spelling.
        redirect_slashes=False,
        separate_input_output_schemas=False,
        dependencies=[Depends(refuse_unread_parameters)],
    )
    add_docs_page(app, f"/{name}/v1/docs")
    add_problem_handlers(app)
    app.add_middleware(PlainAddresses)
    return app


def add_problem_handlers(app: FastAPI) -> None:
    @app.exception_handler(DomainError)
    async def refuse(_: Request, error: DomainError) -> Response:
        return problem_response(error)

    @app.exception_handler(RequestValidationError)
    async def malformed(_: Request, error: RequestValidationError) -> Response:
        faults = [
            Fault("/" + "/".join(map(str, item["loc"])), str(item["type"]), str(item["msg"])) for item in error.errors()
        ]
        return problem_response(MalformedError(faults))

    @app.exception_handler(HTTPException)
    async def http_error(request: Request, error: HTTPException) -> Response:
        response = problem_response(_PROBLEMS.get(error.status_code, InternalError()))
        response.headers.update(error.headers or {})
        if error.status_code == 405:
            response.headers["Allow"] = allowed_methods(app.routes, request.scope)
        return response

    @app.exception_handler(ClientDisconnect)
    async def left(_: Request, __: ClientDisconnect) -> Response:
        return client_left()

    @app.exception_handler(Exception)
    async def failed(_: Request, error: Exception) -> Response:
        return failed_by(error)


def client_left() -> Response:
    """To a sender that left before its body was read."""
    log.info("client_left", route=_route())
    return Response(status_code=400)  # nobody reads it


def failed_by(error: Exception) -> Response:
    """To a request that met a bug of ours."""
    log.exception("request_failed", route=_route(), error=error)
    return problem_response(InternalError())


def _route() -> str | None:
    """Its template: an address itself may name a person."""
    current = current_request()
    return None if current is None else current.route


@dataclass(slots=True)
class Suite:
    """Services behind one address, told apart by the first part of the path; everything else is about the process."""

    services: Mapping[str, ASGIApp]
    metrics: Metrics
    checks: Mapping[str, Check] = field(default_factory=dict)
    warnings: Mapping[str, WarningOf] = field(default_factory=dict)
    about: Mapping[str, Any] = field(default_factory=dict)
    stopping: Stopping = field(default_factory=Stopping)
    ready_within_s: float = READY_WITHIN_S
    hosts: Sequence[str] = ()
    """Names it is asked by, beside the local ones."""
    most_requests: int = MOST_REQUESTS
    has_ops_port: bool = False
    """Whether readiness and metrics are asked by `operations` alone, on a port of its own."""
    operations: ASGIApp = field(init=False)
    _process: ASGIApp = field(init=False)
    _bounded: Mapping[str, ASGIApp] = field(init=False)
    _observed: ASGIApp = field(init=False)

    def __post_init__(self) -> None:
        self._process = _process_app(self, is_of_operations=not self.has_ops_port)
        of_operations = _process_app(self, is_of_operations=True)
        in_flight = InFlight(self.most_requests)
        self._bounded = {name: in_flight.bounded(app) for name, app in self.services.items()}
        metrics = HttpMetrics(self.metrics.registry)
        self._observed = Observed(Edge(self._answer, self.hosts), metrics, self._name_of)
        self.operations = Observed(Edge(of_operations, self.hosts), metrics, lambda _: PROCESS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _no_lifespan(receive, send)
            return
        await self._observed(scope, receive, send)

    def _name_of(self, scope: Scope) -> str:
        """The service that is asked, or `process`."""
        first = scope["path"].split("/", 2)[1] if scope["path"].startswith("/") else ""
        return first if first in self.services else PROCESS

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        service = self._bounded.get(self._name_of(scope))
        if service is None:  # about the process: asked while it is being stopped too
            await self._process(scope, receive, send)
        else:
            await self.stopping.guard(service, scope, receive, send)


async def _no_lifespan(receive: Receive, send: Send) -> None:
    """Parts are started before the server and stopped after it, where they are built (main)."""
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def _readiness(suite: Suite, checks: Mapping[str, Check]) -> Response:
    found = await _answers(checks, suite.ready_within_s)
    missing = {name: text for name, text in found.items() if text and not isinstance(text, ByWill)}
    if suite.stopping.is_told:
        missing["process"] = "being stopped"
    warnings = {name: text for name, warning in suite.warnings.items() if name in checks and (text := warning())}
    warnings |= {name: text for name, text in found.items() if isinstance(text, ByWill)}
    body = {
        "status": "not ready" if missing else "ready",
        "checks": {**dict.fromkeys(found, "ok"), **missing},
        **({"warnings": warnings} if warnings else {}),
    }
    return Response(json.dumps(body), 503 if missing else 200, media_type="application/json")


async def _answers(checks: Mapping[str, Check], within_s: float) -> Mapping[str, str | None]:
    """Asked all at once: of a database that is away each part finds out by waiting for it."""
    asked = {name: asyncio.ensure_future(check()) for name, check in checks.items()}
    if asked:
        # Not `timeout`: that one would wait for the end of what it cancels.
        _, waiting = await asyncio.wait(asked.values(), timeout=within_s)
        for task in waiting:
            task.cancel()
    return {name: task.result() if task.done() else f"no answer within {within_s} s" for name, task in asked.items()}


def _process_app(suite: Suite, *, is_of_operations: bool) -> FastAPI:
    app = FastAPI(title="parcours", openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    add_problem_handlers(app)
    app.add_middleware(PlainAddresses)

    @app.get("/")
    async def about() -> dict[str, Any]:
        return {
            "name": "parcours",
            "services": {name: f"/{name}/v1/docs" for name in suite.services},
            "health": ["/healthz", *(["/readyz", "/metrics"] if is_of_operations else [])],
            **suite.about,
        }

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "alive"}

    if is_of_operations:
        _add_operations(app, suite)
    return app


def _add_operations(app: FastAPI, suite: Suite) -> None:
    @app.get("/readyz")
    async def readyz() -> Response:
        # All of them, though the first that fails decides: whoever is woken by it sees everything at once.
        return await _readiness(suite, suite.checks)

    @app.get("/readyz/{part}")
    async def readyz_of(part: str) -> Response:
        """Of one check alone: whoever shares out requests asks for the intake, which a topic never stops."""
        if part not in suite.checks:
            raise NotFoundError()
        return await _readiness(suite, {part: suite.checks[part]})

    @app.get("/metrics")
    async def metrics() -> Response:
        await suite.metrics.refresh()
        return Response(suite.metrics.text(), media_type="text/plain; version=0.0.4")
