"""The loop of a service that acts on others' facts: keep what comes, reconcile whom it touches, then move the places.

Facts are kept and their subjects marked in one transaction, each marked subject is reconciled from its whole history,
and only then is the place moved. A kill in between makes the same facts come again: they are known, and their subjects
are still marked.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import structlog
from psycopg import Connection

from shared.acting import Actor
from shared.facts import Catalogue, Recorded
from shared.feed import Arrived, Delivery, Feed, Key
from shared.histories import bump, keep, load, lock_subjects
from shared.history_database import HistoryDatabase
from shared.intake.streams import Stream
from shared.places import PlaceMovedError, applied, bury, highest_known, move_places
from shared.policies import OwnFact
from shared.problems import UnavailableError
from shared.settle import order_of_truth, settle
from shared.store import integer_array, text_array

log = structlog.get_logger(__name__)

TOGETHER = 200
"""Subjects reconciled in one transaction."""

POLL_S = 0.5
BACK_OFF_S = (0.05, 0.2, 0.5, 1.0, 2.0)

TABLES = """
CREATE TABLE IF NOT EXISTS named (other text, subject text, PRIMARY KEY (other, subject));
CREATE TABLE IF NOT EXISTS reconciled (subject text PRIMARY KEY, version bigint NOT NULL);
"""
"""`named`: who speaks of whom, so that a structure that changes has its people looked at again. `reconciled`: up to
which version of its history a subject's effects stand."""


class Lookup(Protocol):
    """Standing facts of other services about any subject."""

    def __call__(self, subject: str) -> Sequence[Recorded]: ...


class Policy(Protocol):
    """What should follow, from a subject's own stream and what others recorded."""

    def __call__(self, stream: Stream, consumed: Sequence[Recorded], lookup: Lookup) -> Iterable[OwnFact]: ...


def reader_database(url: str, service: str) -> HistoryDatabase:
    """Where a write service keeps what it has read of others."""
    return HistoryDatabase(url, f"{service}_reading", more=TABLES)


class Knowledge:
    """What a service has read of other services, settled."""

    def __init__(self, database: HistoryDatabase, catalogue: Catalogue) -> None:
        self._database = database
        self._catalogue = catalogue
        self._order = order_of_truth(catalogue)

    def of(self, subjects: Iterable[str]) -> dict[str, Sequence[Recorded]]:
        with self._database.connection() as connection:
            return self.read(connection, subjects)

    def read(self, connection: Connection[Any], subjects: Iterable[str]) -> dict[str, Sequence[Recorded]]:
        histories = load(connection, sorted(set(subjects)), self._catalogue)
        return {name: settle(history.facts, self._order) for name, history in histories.items()}


class Reconciler:
    """Run it in one thread; several processes of a service may run one each."""

    def __init__(
        self,
        service: str,
        database: HistoryDatabase,
        feed: Feed,
        knowledge: Knowledge,
        actor: Actor,
        policy: Policy,
        subject_kind: str = "person",
    ) -> None:
        self._service = service
        self._database = database
        self._feed = feed
        self._knowledge = knowledge
        self._actor = actor
        self._policy = policy
        self._kind = f"{subject_kind}/"
        self.problem: str | None = None

    async def check(self) -> str | None:
        return self.problem

    def run(self, stop: threading.Event) -> None:
        """Until told to stop. The database or Kafka away: wait, reread the places, go on; anything else ends it."""
        failures = 0
        is_behind = True
        while not stop.is_set():
            try:
                if failures:
                    self._feed.reset()
                if is_behind:
                    self.catch_up(stop)
                    is_behind = False
                self.step(POLL_S)
                failures, self.problem = 0, None
            except (UnavailableError, PlaceMovedError) as error:
                self.problem = str(error.fields if isinstance(error, UnavailableError) else error)
                log.warning("reconciler_waits", service=self._service, reason=self.problem)
                stop.wait(BACK_OFF_S[min(failures, len(BACK_OFF_S) - 1)])
                failures += 1

    def step(self, timeout_s: float) -> None:
        """One delivery: kept, reconciled, then left behind."""
        delivery = self._feed.poll(timeout_s)
        if delivery.is_empty:
            return
        touched = self._keep(delivery)
        for some in _pieces(sorted(touched), TOGETHER):
            self._reconcile(some)
        with self._database.transaction() as connection:
            bury(connection, self._feed.name, delivery.letters)
            move_places(connection, self._feed.name, delivery.moves, _highest(delivery.facts))
        self._feed.applied(delivery)

    def catch_up(self, stop: threading.Event) -> None:
        """Whoever is marked and not reconciled: left by a kill, or parked by a failure that may be mended."""
        after = ""
        while not stop.is_set():
            with self._database.connection() as connection:
                rows = connection.execute(
                    "SELECT s.subject FROM subjects s LEFT JOIN reconciled r USING (subject)"
                    " WHERE s.subject > %s AND s.subject LIKE %s AND s.version > coalesce(r.version, 0)"
                    " ORDER BY s.subject LIMIT %s",
                    [after, f"{self._kind}%", TOGETHER],
                ).fetchall()
            if not rows:
                return
            self._reconcile([row[0] for row in rows])
            after = rows[-1][0]

    def applied(self) -> dict[str, int]:
        with self._database.connection() as connection:
            return applied(connection, self._feed.name)

    def _keep(self, delivery: Delivery) -> set[str]:
        """Keep the facts of others; return the subjects to reconcile, those that name a changed one among them."""
        own = [fact for fact in delivery.facts if fact.service == self._service]
        others = [fact for fact in delivery.facts if fact.service != self._service]
        with self._database.transaction() as connection:
            new = keep(connection, others, highest_known(connection))
            _remember_names(connection, delivery.facts)
            naming = _naming(connection, {fact.subject for fact in new if not fact.subject.startswith(self._kind)})
            marked = {fact.subject for fact in delivery.facts} | naming
            subjects = lock_subjects(connection, marked)
            bump(connection, subjects, [*new, *own])
            _touch(connection, naming)
        return {name for name in marked if name.startswith(self._kind)}

    def _reconcile(self, subjects: Sequence[str]) -> None:
        with self._database.connection() as connection:
            versions = dict(
                connection.execute(
                    "SELECT subject, version FROM subjects WHERE subject = ANY(%s::text[])", [text_array(subjects)]
                ).fetchall()
            )
            others = [
                row[0]
                for row in connection.execute(
                    "SELECT DISTINCT other FROM named WHERE subject = ANY(%s::text[])", [text_array(subjects)]
                )
            ]
            known = self._knowledge.read(connection, [*subjects, *others])

        def lookup(subject: str) -> Sequence[Recorded]:
            return known.get(subject, ())

        failures = self._actor.act(subjects, lambda stream: self._policy(stream, known[stream.subject], lookup))
        with self._database.transaction() as connection:
            done = {name: version for name, version in versions.items() if name not in failures}
            _mark(connection, done, {name: f"{type(error).__name__}: {error}" for name, error in failures.items()})


def _remember_names(connection: Connection[Any], facts: Sequence[Arrived]) -> None:
    pairs = {(other, fact.subject) for fact in facts for other in _names(fact)}
    if pairs:
        connection.execute(
            "INSERT INTO named SELECT * FROM unnest(%s::text[], %s::text[]) ON CONFLICT DO NOTHING",
            [text_array([other for other, _ in pairs]), text_array([subject for _, subject in pairs])],
        )


def _names(fact: Arrived) -> Iterator[str]:
    """The structure a person's fact speaks of."""
    if fact.subject.startswith("person/"):
        structure_id = json.loads(fact.envelope).get("data", {}).get("structure_id")
        if isinstance(structure_id, str):
            yield f"structure/{structure_id.lower()}"


def _naming(connection: Connection[Any], others: set[str]) -> set[str]:
    if not others:
        return set()
    rows = connection.execute(
        "SELECT DISTINCT subject FROM named WHERE other = ANY(%s::text[])", [text_array(sorted(others))]
    )
    return {row[0] for row in rows}


def _touch(connection: Connection[Any], subjects: set[str]) -> None:
    """Mark subjects about which nothing new came, but about a structure they name."""
    if subjects:
        connection.execute(
            "UPDATE subjects SET version = version + 1 WHERE subject = ANY(%s::text[])", [text_array(sorted(subjects))]
        )


def _mark(connection: Connection[Any], done: Mapping[str, int], failures: Mapping[str, str]) -> None:
    """Up to where subjects are reconciled; the ones that failed are parked with their cause."""
    connection.execute(
        "INSERT INTO reconciled SELECT * FROM unnest(%s::text[], %s::bigint[])"
        " ON CONFLICT (subject) DO UPDATE SET version = greatest(reconciled.version, excluded.version)",
        [text_array(list(done)), integer_array(list(done.values()))],
    )
    connection.execute(
        "UPDATE subjects SET error = NULL, since = NULL WHERE error IS NOT NULL AND subject = ANY(%s::text[])",
        [text_array(list(done))],
    )
    if failures:
        connection.execute(
            "UPDATE subjects SET error = message, since = coalesce(since, now())"
            " FROM unnest(%s::text[], %s::text[]) AS new (name, message) WHERE subject = name",
            [text_array(list(failures)), text_array([text.replace("\0", "")[:500] for text in failures.values()])],
        )


def _highest(facts: Iterable[Arrived]) -> dict[Key, int]:
    highest: dict[Key, int] = {}
    for fact in facts:
        key = (fact.service, fact.partition)
        highest[key] = max(fact.sequence, highest.get(key, 0))
    return highest


def _pieces(names: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(names), size):
        yield names[start : start + size]
