"""What a service that acts on others' facts has read of them, and up to where its effects stand."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, Protocol

from psycopg import Connection

from shared.facts.catalogue import Catalogue
from shared.facts.fact import Recorded
from shared.facts.merging import is_about_merges
from shared.facts.settle import order_of_truth, settle
from shared.histories import mentions
from shared.histories.database import HistoryDatabase
from shared.histories.history import History, is_named, load
from shared.histories.persons import roots_among
from shared.histories.subjects import WorkedUp, rows_of
from shared.log.merges import Joined, Linked

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
    """What a service has read of other services, settled; which persons are one among it (`shared.log.merges.Merges`)."""

    def __init__(self, database: HistoryDatabase, catalogue: Catalogue) -> None:
        self._database = database
        self.catalogue = catalogue
        self._order = order_of_truth(catalogue)

    def of(self, subjects: Iterable[str], known_at: datetime | None = None) -> dict[str, Sequence[Recorded]]:
        """What stands of each, or stood as known then; of a person under several ids, under whichever it is asked for, what
        stands of all."""
        asked = sorted(set(subjects))
        ids = {subject: self.ids(subject, known_at) for subject in self.linked(asked)}
        with self._database.connection() as connection:
            histories = self.histories(connection, {*asked}.union(*ids.values()))
        return {
            subject: self.settled(History.joined(histories[one] for one in ids.get(subject, (subject,))), known_at)
            for subject in asked
        }

    def of_person(self, ids: Sequence[str], known_at: datetime | None = None) -> Sequence[Recorded]:
        """What stands of one person under its ids, as of one subject."""
        with self._database.connection() as connection:
            histories = self.histories(connection, ids)
        return self.settled(History.joined(histories.values()), known_at)

    def create(self) -> None:
        """What it looks by is made with its tables."""

    def came(self) -> None:
        """Merges come by the feed."""

    def linked(self, subjects: Collection[str]) -> Linked:
        """Of those of them that merges ever joined with another, as far as has been read."""
        persons = [subject for subject in subjects if subject.startswith("person/")]
        if not persons:
            return {}
        with self._database.connection() as connection:
            rows = {name: row for name, row in rows_of(connection, persons).items() if row.linked}
            histories = self.histories(connection, {one for row in rows.values() for one in row.together})
        settled = {
            name: [f for f in self.settled(history) if is_about_merges(f)] for name, history in histories.items()
        }
        return {
            name: Joined(frozenset(row.together), [fact for one in row.together for fact in settled[one]])
            for name, row in rows.items()
        }

    def ids(self, subject: str, known_at: datetime | None = None) -> Sequence[str]:
        """All ids of the person that has this one, or as known then."""
        with self._database.connection() as connection:
            row = rows_of(connection, [subject]).get(subject)
            if row is None or not row.linked:
                return (subject,)
            histories = self.histories(connection, row.together)
        roots = roots_among(histories, self._order, known_at=known_at)
        return [one for one in row.together if roots[one] == roots[subject]]

    def is_named(self, subject: str, name: str) -> bool:
        """Whether a fact of the subject has a text in it; no fact is read."""
        with self._database.connection() as connection:
            return is_named(connection, subject, name)

    def histories(self, connection: Connection[Any], subjects: Iterable[str]) -> dict[str, History]:
        return load(connection, sorted(set(subjects)), self.catalogue)

    def settled(self, history: History, known_at: datetime | None = None) -> Sequence[Recorded]:
        return settle(history.facts, self._order, known_at=known_at)
