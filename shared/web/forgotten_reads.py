"""Of whom is forgotten, the log of reads keeps that somebody was read of, by whom and when, under an id that finds nobody."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from time import monotonic
from uuid import UUID

import psycopg
import structlog

from shared.log.forgotten import Forgotten
from shared.log.ledger import Ledger, LedgerError
from shared.process.embedded import connect_options
from shared.web import reads_table

log = structlog.get_logger(__name__)

LOOK_EVERY_S = 2.0
LATE_LINES_EVERY_S = 10.0
"""Whoever still has the id may ask with it, which leaves a line as any question does."""
_PERSON = "person/"


class ForgottenReads:
    """For a process that answers nobody, whenever it is called: who answers may add lines, and change none. All lines where
    the ledger names somebody new, or the process has just started; otherwise those of the last minutes."""

    def __init__(
        self, ledger: Ledger | None, database_urls: Iterable[str], now: Callable[[], float] = monotonic
    ) -> None:
        self._forgotten = Forgotten(ledger)
        self._urls = sorted(set(database_urls))
        self._now = now
        self._look_at = float("-inf")
        self._late_at: dict[str, float] = {}
        self._done: dict[str, frozenset[str]] = {}

    def __call__(self) -> None:
        """Whoever calls has other work: what fails is told and tried again."""
        ledger = self._forgotten.ledger
        if ledger is None or self._now() < self._look_at:
            return
        self._look_at = self._now() + LOOK_EVERY_S
        try:
            subjects = self._forgotten.subjects()
            hashed = ledger.hashing() if subjects else str
        except LedgerError as error:
            self._failed(str(error))
            return
        for url in self._urls:
            new = subjects - self._done.get(url, frozenset())
            if not new and (not subjects or self._now() < self._late_at.get(url, float("-inf"))):
                continue
            try:
                with psycopg.connect(url, **connect_options("forgetting in reads")) as connection:
                    reads_table.forget(connection, _instead(new or subjects, hashed), recent=not new)
            except psycopg.Error as error:
                self._failed(str(error).strip())
            else:
                self._done[url] = subjects
                self._late_at[url] = self._now() + LATE_LINES_EVERY_S

    def _failed(self, error: str) -> None:
        self._look_at = self._now() + LATE_LINES_EVERY_S
        log.warning("reads_not_forgotten", error=error)


def _instead(subjects: Collection[str], hashed: Callable[[str], str]) -> dict[UUID, UUID]:
    """By the id of each, the one that stands for it: the same for the same person, and nobody's."""
    return {
        UUID(one.removeprefix(_PERSON)): UUID(hashed(one)[:32]) for one in sorted(subjects) if one.startswith(_PERSON)
    }
