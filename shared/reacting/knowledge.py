"""What a service that acts on others' facts has read of them, and up to where its effects stand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Protocol

from psycopg import Connection

from shared.facts.catalogue import Catalogue
from shared.facts.fact import Recorded
from shared.facts.settle import order_of_truth, settle
from shared.histories import mentions
from shared.histories.database import HistoryDatabase
from shared.histories.history import History, load
from shared.histories.subjects import WorkedUp

RECONCILED = WorkedUp("reconciled")
"""Up to which version of its history a subject's effects stand."""


def reader_database(url: str, service: str) -> HistoryDatabase:
    """Where a write service keeps what it has read of others."""
    # A schema beside the service's own: it may be dropped and read again, which the log may not.
    return HistoryDatabase(url, f"{service}_reading", more=mentions.CREATE + RECONCILED.create)


class IncompleteError(Exception):
    """Not all is known that effects already recorded rest on: nothing is decided until it is."""


class Lookup(Protocol):
    """Standing facts of other services about any subject."""

    def __call__(self, subject: str) -> Sequence[Recorded]: ...


class Knowledge:
    """What a service has read of other services, settled."""

    def __init__(self, database: HistoryDatabase, catalogue: Catalogue) -> None:
        self._database = database
        self._catalogue = catalogue
        self._order = order_of_truth(catalogue)

    def of(self, subjects: Iterable[str], known_at: datetime | None = None) -> dict[str, Sequence[Recorded]]:
        """What stands of each, or stood as known then."""
        with self._database.connection() as connection:
            histories = self.histories(connection, subjects)
            return {subject: self.settled(history, known_at) for subject, history in histories.items()}

    def histories(self, connection: Connection[Any], subjects: Iterable[str]) -> dict[str, History]:
        return load(connection, sorted(set(subjects)), self._catalogue)

    def settled(self, history: History, known_at: datetime | None = None) -> Sequence[Recorded]:
        return settle(history.facts, self._order, known_at=known_at)
