"""The live loop: poll, keep, lock, fold, write what differs, move the places; one transaction a delivery."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from time import monotonic
from typing import Any

import structlog
from psycopg import Connection

from services.projections import read_sets
from services.projections.database import FOLDING_LOCK, Database
from services.projections.folding import Folded, FoldedCache, Folder, read_schema
from services.projections.histories import Subject, bump, highest_sequences, keep, lock_subjects
from services.projections.places import PlaceMovedError, applied, bury, move_places
from shared.feed import Arrived, Delivery, Feed
from shared.metrics import Metrics
from shared.problems import UnavailableError

log = structlog.get_logger(__name__)

LARGE = 2_000
"""Facts above which a subject is folded again at most once a second."""

LARGE_EVERY_S = 1.0
CATCH_UP = 500
"""Dirty subjects folded per transaction outside the live loop."""

BACK_OFF_S = (0.05, 0.2, 0.5, 1.0, 2.0)


class OtherCodeError(Exception):
    """The current read set was made by other code or settings: this process may not write to it."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"read set {name} was made by another version of the projections or other settings: make a new one with"
            f" `parcours projections rebuild`, then `parcours projections promote`"
        )


class Projector:
    """Reads one feed into histories and the current read set. One thread runs it; several processes may share a feed."""

    def __init__(
        self,
        database: Database,
        folder: Folder,
        feed: Feed,
        services: Sequence[str],
        code_hash: str,
        metrics: Metrics,
        *,
        cache_facts: int = 200_000,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._database = database
        self._folder = folder
        self._feed = feed
        self._services = services
        self._code_hash = code_hash
        self._metrics = metrics
        self._clock = clock
        self._cache = FoldedCache(cache_facts)
        self._read_set = ""
        self._highest: dict[str, int] | None = None
        self._put_off: dict[str, float] = {}
        self.problem: str | None = None
        """What keeps the loop from going on, for readiness; None when all is well."""

    async def check(self) -> str | None:
        return self.problem

    def run(self, stop: threading.Event) -> None:
        """Until told to stop. The database or Kafka away: wait, reread the places, go on; anything else ends it."""
        failures = 0
        while not stop.is_set():
            try:
                if failures:
                    self._start_over()
                if not self._read_set:
                    self.catch_up()
                self.step(0.5)
                failures, self.problem = 0, None
            except (UnavailableError, PlaceMovedError) as error:
                self.problem = str(error.fields if isinstance(error, UnavailableError) else error)
                log.warning("projector_waits", reason=self.problem)
                stop.wait(BACK_OFF_S[min(failures, len(BACK_OFF_S) - 1)])
                failures += 1

    def _start_over(self) -> None:
        """After a failed commit nothing in memory is sure: read the places and histories again."""
        self._feed.reset()
        self._cache.clear()
        self._highest = None

    def step(self, timeout_s: float) -> int:
        """One delivery, applied whole or not at all. Return how many new facts it brought."""
        due = [subject for subject, at in self._put_off.items() if at <= self._clock()]
        wait = 0.0 if due else min([timeout_s, *(at - self._clock() for at in self._put_off.values())])
        delivery = self._feed.poll(max(wait, 0.0))
        if not (delivery.facts or delivery.letters or delivery.moves or due):
            return 0
        new = self._apply(delivery, due)
        self._feed.applied(delivery)
        return new

    def _apply(self, delivery: Delivery, due: Sequence[str]) -> int:
        with self._database.transaction() as connection:
            read_set = self._writable(connection)
            subjects = lock_subjects(connection, [*(fact.subject for fact in delivery.facts), *due])
            new = keep(connection, delivery.facts, self._known_below(connection))
            counts = Counter(fact.subject for fact in new)
            if counts:
                bump(connection, counts)
            touched = {name: subjects[name] for name in {*counts, *due}}
            folded = self._fold(connection, read_set, touched, new, due)
            bury(connection, self._feed.name, delivery.letters)
            move_places(connection, self._feed.name, delivery.moves)
        self._committed(delivery, new, folded, due)
        return len(new)

    def _writable(self, connection: Connection[Any]) -> str:
        """The current read set, held against promotion until the transaction ends. Raise OtherCodeError."""
        connection.execute("SELECT pg_advisory_xact_lock_shared(%s)", [FOLDING_LOCK])
        one = read_sets.current(connection)
        if one is None or one.code_hash != self._code_hash:
            raise OtherCodeError(one.name if one else "(none)")
        if one.name != self._read_set:
            self._cache.clear()
            self._read_set = one.name
        return one.name

    def _known_below(self, connection: Connection[Any]) -> dict[str, int]:
        if self._highest is None:
            self._highest = highest_sequences(connection, self._services)
        return self._highest

    def _fold(
        self,
        connection: Connection[Any],
        read_set: str,
        subjects: dict[str, Subject],
        new: Sequence[Arrived],
        due: Sequence[str],
    ) -> dict[str, Folded]:
        ready = self._from_cache(subjects, new)
        for subject in [name for name in subjects if name not in due and self._is_too_soon(name, ready.get(name))]:
            ready.pop(subject, None)
            del subjects[subject]
        counts = Counter(fact.subject for fact in new)
        now = {
            name: Subject(name, one.root, one.version + counts[name], one.failed, one.missing)
            for name, one in subjects.items()
        }
        return self._folder.fold(connection, read_set, now, ready)

    def _from_cache(self, subjects: dict[str, Subject], new: Sequence[Arrived]) -> dict[str, Folded]:
        """Histories in memory that are as the database had them before this delivery, with its facts added."""
        ready = {
            name: folded
            for name, subject in subjects.items()
            if (folded := self._cache.take(name, subject.version)) is not None
        }
        for fact in new:
            folded = ready.get(fact.subject)
            if folded is not None:
                decoded = self._folder.catalogue.decode(fact.type, fact.envelope)
                folded.history.add(fact.service, fact.streamversion, decoded)
                folded.version += 1
        return ready

    def _is_too_soon(self, subject: str, folded: Folded | None) -> bool:
        """Whether a large subject was folded just now; it then stays dirty until it is due."""
        if folded is not None and len(folded.history.facts) > LARGE:
            due_at = folded.at + LARGE_EVERY_S
            if due_at > self._clock():
                self._put_off[subject] = due_at
        return self._put_off.get(subject, 0.0) > self._clock()

    def _committed(
        self, delivery: Delivery, new: Sequence[Arrived], folded: dict[str, Folded], due: Sequence[str]
    ) -> None:
        self._cache.keep(folded)
        for subject in due:
            self._put_off.pop(subject, None)
        highest = self._highest or {}
        for fact in new:
            highest[fact.service] = max(highest.get(fact.service, 0), fact.sequence)
        if delivery.letters:
            self._metrics.dead_letters.inc(len(delivery.letters))
            log.error("dead_letters", count=len(delivery.letters), reason=delivery.letters[0].reason)
        for (service, partition), (_, after) in delivery.moves.items():
            self._metrics.applied.labels(f"{service}/{partition}").set(after.through)

    def catch_up(self, progress: Callable[[int], None] = lambda _: None) -> int:
        """Fold every dirty subject: what a kill, a failed fold or a promotion left behind. Return how many."""
        done = 0
        after = ""
        while True:
            with self._database.transaction() as connection:
                read_set = self._writable(connection)
                names = dirty(connection, read_set, after, CATCH_UP)
                if not names:
                    return done
                subjects = lock_subjects(connection, names)
                self._folder.fold(connection, read_set, subjects, {})
            after = names[-1]
            done += len(names)
            progress(done)

    def applied(self) -> dict[str, int]:
        with self._database.connection() as connection:
            return applied(connection, self._feed.name)


def dirty(connection: Connection[Any], read_set: str, after: str, limit: int) -> list[str]:
    """Subjects, in order, that a read set has not folded up to where they are."""
    rows: Iterable[Sequence[str]] = connection.execute(
        f"SELECT subject FROM projections.subjects s LEFT JOIN {read_schema(read_set)}.folded f ON f.root = s.subject"
        " WHERE s.subject > %s AND s.version IS DISTINCT FROM coalesce(f.version, 0)"
        " ORDER BY subject LIMIT %s",
        [after, limit],
    )
    return [row[0] for row in rows]
