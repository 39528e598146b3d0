"""Addresses and methods as HTTP has them: `HEAD` where `GET` is, no redirect, and what a method that is refused could
have been."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.process.current_request import current_request

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


class PlainAddresses:
    """Around an application. An address with a slash at its end is the one without it: a redirect would have the sender
    post its body a second time, and many clients then send none, or a GET. `HEAD` is `GET` without the body."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def without_body(message: Message) -> None:
            await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

        is_head = scope["method"] == "HEAD"
        plain = _plain(scope, is_head)
        try:
            await self._app(plain, receive, without_body if is_head else send)
        finally:
            _note_route(plain)


def _note_route(scope: Scope) -> None:
    """Which route answered, for whoever counts: the scope in which the router noted it is one of its own."""
    request = current_request()
    if request is not None and request.route is None:
        request.route = getattr(scope.get("route"), "path", None)


def _plain(scope: Scope, is_head: bool) -> Scope:
    """A scope of its own: the server goes by the one it made, and sends no body after a HEAD."""
    plain = {**scope, "method": "GET"} if is_head else {**scope}
    if len(scope["path"]) > 1 and scope["path"].endswith("/"):
        plain["path"] = scope["path"][:-1]
        plain["raw_path"] = (scope.get("raw_path") or b"").removesuffix(b"/")
    return plain


def allowed_methods(routes: Iterable[BaseRoute], scope: Mapping[str, Any]) -> str:
    """What an address is used with, for the header `Allow`: all of its routes, where the router names the first's."""
    found = [
        method
        for method in METHODS
        if any(route.matches({**scope, "method": method})[0] is Match.FULL for route in routes)
    ]
    return ", ".join([*found, "HEAD"] if "GET" in found else found)
