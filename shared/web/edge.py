"""Before anything is read: by which name we are asked, whether a page of another site asks through a browser, and whether
it is said more than once who asks.

A page elsewhere may have a browser send what its user could send: to a laptop whose suite needs no token, or, by a name
that is made to point here (DNS rebinding), read what is answered. Both are refused here, for every address but those of
health, which are asked by an address of the day and tell of nobody.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from starlette.types import ASGIApp, Receive, Scope, Send

from shared.deciding.refusals import DomainError
from shared.web.problems import UnauthorizedError, problem_response

LOCAL_NAMES = ("127.0.0.1", "localhost", "::1")
"""Always taken: no name that somebody else may have point here."""
_OF_HEALTH = ("/healthz", "/readyz", "/metrics")
_PAGE = re.compile(r"(/[a-z]+/v1/docs)?/?")
"""What people open from a link on any site; it shows what is public."""
_AUTHORITY = re.compile(rb"(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::[0-9]{0,5})?", re.IGNORECASE)
_ORIGIN = re.compile(rb"https?://(.+)", re.IGNORECASE)
_FOREIGN = (b"cross-site", b"same-site")
"""Values of `Sec-Fetch-Site` for a page that is not ours; another port of a laptop is `same-site`."""
_MOST_KEPT = 64


class HostNotAllowedError(DomainError):
    code = "host_not_allowed"
    title = "No suite is known by the name in the header `Host`"
    title_fr = "Le nom donné dans l'en-tête « Host » n'est pas celui de ce service"
    instead = "Use a name of the suite; whoever runs it lists further ones in PARCOURS_HOSTS."
    instead_fr = "Utilisez un nom du service ; son exploitant en ajoute dans PARCOURS_HOSTS."
    status = 421


class CrossSiteError(DomainError):
    code = "cross_site"
    title = "Pages of other sites may not ask this through a browser"
    title_fr = "Une page d'un autre site ne peut pas envoyer cette demande par un navigateur"
    instead = "Send it from a program, or from a page served under a name of the suite."
    instead_fr = "Envoyez-la depuis un programme, ou depuis une page servie sous un nom du service."
    status = 403


class Edge:
    """Around `app`; `names`: beside the local ones, without port, in any case. Plain ASGI: it must cost nothing."""

    def __init__(self, app: ASGIApp, names: Iterable[str] = ()) -> None:
        self._app = app
        self._names = frozenset(name.lower().strip("[]") for name in (*LOCAL_NAMES, *names))
        self._taken: set[bytes] = set()  # as they were sent, so that one is taken apart once

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refused = self._refusal(scope) if scope["type"] == "http" else None
        if refused is None:
            await self._app(scope, receive, send)
        else:
            await problem_response(refused)(scope, receive, send)

    def _refusal(self, scope: Scope) -> DomainError | None:
        hosts, tokens, is_foreign = 0, 0, False
        is_named = True
        for name, value in scope["headers"]:
            if name == b"host":
                hosts += 1
                is_named = is_named and (value in self._taken or self._takes(value))
            elif name == b"authorization":
                tokens += 1
            elif name == b"sec-fetch-site":
                is_foreign = is_foreign or value.strip().lower() in _FOREIGN
            elif name == b"origin":
                is_foreign = is_foreign or not self._is_ours(value)
        if tokens > 1:
            # Whoever stands before us may have looked at the other one.
            return UnauthorizedError(reason="given_twice")
        if hosts == 1 and is_named and not is_foreign:
            return None
        path: str = scope["path"]
        if path.startswith(_OF_HEALTH):
            return None
        if hosts != 1 or not is_named:
            return HostNotAllowedError()
        return None if scope["method"] in ("GET", "HEAD") and _PAGE.fullmatch(path) else CrossSiteError()

    def _takes(self, authority: bytes) -> bool:
        match = _AUTHORITY.fullmatch(authority)
        if match is None or (match[1] or match[2]).decode().lower().removesuffix(".") not in self._names:
            return False
        if len(self._taken) < _MOST_KEPT:  # ports are the sender's to choose
            self._taken.add(authority)
        return True

    def _is_ours(self, origin: bytes) -> bool:
        """`null`, of a page that hides where it is from, is not."""
        match = _ORIGIN.fullmatch(origin)
        return match is not None and (match[1] in self._taken or self._takes(match[1]))
