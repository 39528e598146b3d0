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
from shared.histories.history import History, is_named, load
from shared.histories.subjects import WorkedUp

RECONCILED = WorkedUp("reconciled")
"""Up to which version of its history a subject's effects stand."""


_RULES = """
CREATE TABLE IF NOT EXISTS rules (one boolean PRIMARY KEY DEFAULT true CHECK (one), settings text NOT NULL);
"""


def reader_database(url: str, service: str) -> HistoryDatabase:
    """Where a write service keeps what it has read of others."""
    # A schema beside the service's own: it may be dropped and read again, which the log may not.
    return HistoryDatabase(url, f"{service}_reading", more=mentions.CREATE + RECONCILED.create + _RULES)


def is_of_other_rules(connection: Connection[Any], settings: str) -> bool:
    """Whether effects were made with other settings than these, which are the ones from now on: then whoever was looked at
    is to be looked at again. Of tables of an earlier version, which kept none, the settings are taken to be these."""
    row = connection.execute("SELECT settings FROM rules FOR UPDATE").fetchone()
    if row is None:
        connection.execute("INSERT INTO rules (settings) VALUES (%s) ON CONFLICT DO NOTHING", [settings])
        return False
    if row[0] == settings:
        return False
    connection.execute("UPDATE rules SET settings = %s", [settings])
    connection.execute(f"DELETE FROM {RECONCILED.table}")
    return True


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

    def is_named(self, subject: str, name: str) -> bool:
        """Whether a fact of the subject has a text in it; no fact is read."""
        with self._database.connection() as connection:
            return is_named(connection, subject, name)

    def histories(self, connection: Connection[Any], subjects: Iterable[str]) -> dict[str, History]:
        return load(connection, sorted(set(subjects)), self._catalogue)

    def settled(self, history: History, known_at: datetime | None = None) -> Sequence[Recorded]:
        return settle(history.facts, self._order, known_at=known_at)
