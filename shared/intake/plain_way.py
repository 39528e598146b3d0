"""A short way in for most of what a write service is sent: a POST of events without a query.

What the framework does for a route of any kind costs as much as all that is done for an event. Nothing is decided here:
the same function answers as on the route, to which everything else falls through, and a test sends the same through both
(tests/shared/intake/test_both_ways.py).
"""

from __future__ import annotations

from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.deciding.refusals import DomainError
from shared.intake.events_routes import answer_events
from shared.intake.intake import Intake
from shared.process.current_request import current_request
from shared.web.problems import problem_response
from shared.web.serving import client_left, failed_by


class PlainWay:
    """Before the application of a write service, and before all that the framework puts around its routes."""

    def __init__(self, app: ASGIApp, intake: Intake) -> None:
        self._app = app
        self._intake = intake
        self._path = f"/{intake.service}/v1/events"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != self._path or scope["method"] != "POST" or scope["query_string"]:
            await self._app(scope, receive, send)
            return
        if (current := current_request()) is not None:
            current.route = self._path
        try:
            response = await answer_events(Request(scope, receive), self._intake)
        except DomainError as error:
            response = problem_response(error)
        except ClientDisconnect:
            response = client_left()
        except Exception as error:
            response = failed_by(error)
        await response(scope, receive, send)
