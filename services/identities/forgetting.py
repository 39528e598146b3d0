"""Names of whom the ledger of erasures names are deleted with their keys, and none are taken of them any more (docs/adr/0045)."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from uuid import UUID

import structlog

from services.identities import names_table
from shared.log.connections import Connections
from shared.log.forgotten import Forgotten
from shared.log.ledger import LedgerError
from shared.process.unavailable import UnavailableError

log = structlog.get_logger(__name__)

LOOK_EVERY_S = 1.0
_PERSON = "person/"


@dataclass(slots=True)
class Forgetting:
    """`problem`: why it is not known whether somebody has still to be forgotten; nobody is answered then."""

    forgotten: Forgotten
    connections: Connections
    problem: str | None = field(default=None)
    _deleted: frozenset[str] = field(default=frozenset())
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = field(default=None)

    def start(self) -> None:
        """What a backup has brought back is deleted when this returns, or `problem` says why not."""
        if self.forgotten.ledger is None:
            return
        self.look()
        self._thread = threading.Thread(target=self._run, name="forgetting names")
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def look(self) -> None:
        try:
            self._delete()
        except (LedgerError, UnavailableError) as error:
            problem = error.told if isinstance(error, UnavailableError) else str(error)
            if problem != self.problem:
                log.error("names_not_forgotten", problem=problem)
            self.problem = problem
        else:
            self.problem = None

    def check(self) -> None:
        """Raise UnavailableError where somebody may have to be forgotten first."""
        if self.problem is not None:
            raise UnavailableError(reason="erasures", detail=self.problem)

    def has_forgotten(self, person_id: UUID) -> bool:
        """Asked in the transaction that writes a name, which holds the table: whoever is noted later finds that name there.
        Raise UnavailableError."""
        try:
            return f"{_PERSON}{person_id}" in self.forgotten.subjects()
        except LedgerError as error:
            raise UnavailableError(reason="erasures", detail=str(error)) from error

    def _run(self) -> None:
        while not self._stop.wait(LOOK_EVERY_S):
            self.look()

    def _delete(self) -> None:
        subjects = self.forgotten.subjects()
        if new := subjects - self._deleted:
            ids = [UUID(one.removeprefix(_PERSON)) for one in sorted(new) if one.startswith(_PERSON)]
            with self.connections.connection() as connection, connection.transaction():
                deleted = names_table.forget(connection, ids)
            log.info("names_forgotten", persons=len(ids), names=deleted)
        self._deleted = subjects
