"""Nobody is answered from tables of before an erasure: whom the ledger names is forgotten here first (docs/adr/0045)."""

from __future__ import annotations

import asyncio

from starlette.types import ASGIApp, Receive, Scope, Send

from services.projections.catalogue import CATALOGUE
from services.projections.database import Database
from shared.histories.forgetting import not_forgotten
from shared.log.forgotten import Forgotten
from shared.log.ledger import LedgerError
from shared.process.unavailable import UnavailableError
from shared.web.problems import problem_response


class ErasuresApplied:
    """Looked at until it is so once: those that come while it runs are applied as all facts are."""

    def __init__(self, database: Database, forgotten: Forgotten) -> None:
        self._database = database
        self._forgotten = forgotten
        self.is_so = forgotten.ledger is None

    def missing(self) -> str | None:
        """What is waited for; None when all are forgotten. Raise UnavailableError."""
        if self.is_so:
            return None
        try:
            subjects = self._forgotten.subjects()
        except LedgerError as error:
            return str(error)
        with self._database.connection() as connection:
            waiting = len(not_forgotten(connection, CATALOGUE, subjects))
        if waiting:
            return (
                f"{waiting} of {len(subjects)} whom the ledger of erasures names are not forgotten here yet:"
                " start the write services and a projector"
            )
        self.is_so = True
        return None


class AfterErasures:
    """Around the query API. Plain ASGI: once all are forgotten it costs nothing."""

    def __init__(self, app: ASGIApp, applied: ErasuresApplied) -> None:
        self._app = app
        self._applied = applied

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or self._applied.is_so:
            await self._app(scope, receive, send)
            return
        try:
            if (missing := await asyncio.to_thread(self._applied.missing)) is not None:
                raise UnavailableError(reason="erasures", detail=missing)
        except UnavailableError as error:
            await problem_response(error)(scope, receive, send)
            return
        await self._app(scope, receive, send)
