"""Facts as streams with real numbers, feeds in memory that keep the feeds' contract, and rows as they should be."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import psycopg

from services.projections.database import Database
from services.projections.folding import relations_kept
from services.projections.folding.backlog import Backlog
from services.projections.folding.folder import Folder
from services.projections.folding.project import project
from services.projections.folding.projector import Projector
from services.projections.folding.set_rows import stored_rows
from services.projections.folding.throttle import Throttle
from services.projections.read_sets import building, read_sets_table
from services.projections.read_sets.recipe import Recipe
from services.projections.read_tables import READ_TABLES
from shared.facts.catalogue import Catalogue
from shared.facts.fact import Recorded, printed, wire
from shared.facts.settle import settle
from shared.feeds.feed import Delivery, Letter
from shared.histories.places import ensure_places, load_places
from shared.log.envelope import Mark, read
from shared.log.place import Arrived, Key, Place
from shared.process.metrics import Metrics
from shared.process.settings import Settings
from tests.services.projections.facts import CATALOGUE, ORDER
from tests.shared.stored import state_of

SETTINGS = Settings()
RECIPE = Recipe.of(SETTINGS)


class Streams:
    """Numbers facts as stores do, in the order in which they are recorded."""

    def __init__(self, after: int = 0) -> None:
        self._sequences: Counter[str] = Counter()
        self._versions: Counter[tuple[str, str]] = Counter()
        self._after = after

    def record(self, fact: Recorded, name: str | None = None) -> Arrived:
        """`name`: another type than the fact's own."""
        service = fact.service
        self._sequences[service] += 1
        self._versions[service, fact.subject] += 1
        fact = fact.model_copy(update={"type": name or fact.type})
        return arrived(
            fact, service, self._after + self._sequences[service], self._versions[service, fact.subject], fact.data
        )


def arrived(fact: Recorded, service: str, sequence: int, version: int, data: Any) -> Arrived:
    """As a feed gives it. `data`: a fact, or anything JSON."""
    text = data.model_dump_json() if hasattr(data, "model_dump_json") else json.dumps(data)
    envelope = wire(state_of(fact, text.encode(), printed(fact.recordedtime)), sequence, version)
    one = read(service, 0, envelope)
    assert not isinstance(one, Mark)
    return one


class MemoryFeed:
    """Deliveries one by one, from the stored place on: a partition of a topic that holds whole deliveries."""

    name = "memory"
    problem: str | None = None
    tells_behind = False
    """Whether its deliveries say how much comes after them."""

    def __init__(self, database: Database, partition: int = 0, service: str = "pathways") -> None:
        self.deliveries: list[tuple[list[Arrived], list[Letter]]] = []
        self.doubted: list[tuple[str, list[int]]] = []
        self.log: list[Arrived] = []
        """What the store has."""
        self._database = database
        self._key: Key = (service, partition)
        self._place: Place | None = None
        self._is_placed = False

    def add(self, *facts: Arrived, letters: Sequence[Letter] = ()) -> None:
        self.deliveries.append((list(facts), list(letters)))

    def poll(self, timeout_s: float) -> Delivery:
        if not self._is_placed:
            with self._database.connection() as connection:
                ensure_places(connection, self.name, [self._key])
                self._place = load_places(connection, self.name, [self._key]).get(self._key)
            self._is_placed = True
        offset = self._place.offset if self._place else 0
        if offset >= len(self.deliveries):
            return Delivery()
        facts, letters = self.deliveries[offset]
        facts = [self._here(fact) for fact in facts]
        through = max([self._place.through if self._place else 0, *(fact.sequence for fact in facts)])
        behind = sum(len(later) for later, _ in self.deliveries[offset + 1 :]) if self.tells_behind else 0
        moves = {self._key: (self._place, Place("memory", offset + 1, through))}
        return Delivery(facts, letters, moves, behind=behind)

    def applied(self, delivery: Delivery) -> None:
        self._place = delivery.moves.get(self._key, (None, self._place))[1]

    def reset(self) -> None:
        self._is_placed = False

    def doubt(self, service: str, sequences: Collection[int]) -> None:
        """What is doubted is not of the log: it comes no more."""
        self.doubted.append((service, list(sequences)))
        self.deliveries = [
            ([fact for fact in facts if fact.sequence not in sequences], letters) for facts, letters in self.deliveries
        ]

    def of_subject(self, service: str, subject: str) -> Delivery:
        return Delivery([fact for fact in self.log if (fact.service, fact.subject) == (service, subject)])

    def close(self) -> None:
        pass

    def _here(self, fact: Arrived) -> Arrived:
        return fact._replace(partition=self._key[1])


class Kept:
    """A database of projections, and what can be asked of it in tests."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.database = Database(url)
        building.ensure_current(url, RECIPE)

    def feed(self, partition: int = 0) -> MemoryFeed:
        return MemoryFeed(self.database, partition)

    def projector(
        self,
        feed: Any,
        *,
        cache_facts: int = 200_000,
        folder: Folder | None = None,
        throttle: Throttle | None = None,
        backlog: Backlog | None = None,
        database: Database | None = None,
        beside: Callable[[], Any] = lambda: None,
        look_again_s: float = 5.0,
        silent_s: float = 60.0,
        recipe: Recipe = RECIPE,
    ) -> Projector:
        return Projector(
            database or self.database,
            folder or Folder(CATALOGUE, SETTINGS),
            feed,
            recipe,
            Metrics(),
            cache_facts=cache_facts,
            throttle=throttle,
            backlog=backlog,
            beside=beside,
            look_again_s=look_again_s,
            silent_s=silent_s,
        )

    def apply(self, *facts: Arrived, folder: Folder | None = None, letters: Sequence[Letter] = ()) -> None:
        """In one delivery, by a projector that just started; of much, it folds what it has put off."""
        feed = self.feed(partition=next(_PARTITIONS))
        feed.add(*facts, letters=letters)
        projector = self.projector(feed, folder=folder)
        while projector.step(0):
            pass

    def rows(self, subject: str, read_set: str | None = None) -> dict[str, list[Any]]:
        """What the read set (the current one) holds of a subject, by table, in the order of the key."""
        kind, _, name = subject.partition("/")
        with self.database.connection() as connection:
            read_set = read_set or read_sets_table.current(connection).name  # type: ignore[union-attr]
            return {
                table.name: sorted(stored_rows(connection, read_set, table, [name]), key=_key_of(table.key))
                for table in READ_TABLES.values()
                if table.subject_kind == kind
            }

    def folded(self, subject: str) -> int | None:
        """Up to which version the current read set has the subject."""
        found = self.one(f"SELECT version FROM read_{self.current()}.folded WHERE root = %s", subject)
        return None if found is None else int(found)

    def state(self, subject: str) -> tuple[Any, ...]:
        """Version, error and since in the current read set, missing."""
        rows = self.all(
            "SELECT s.version, f.error, f.since, s.missing FROM projections.subjects s"
            f" LEFT JOIN read_{self.current()}.failed f ON f.root = s.subject WHERE subject = %s",
            subject,
        )
        return rows[0]

    def current(self) -> str:
        with self.database.connection() as connection:
            return read_sets_table.current(connection).name  # type: ignore[union-attr]

    def one(self, query: str, *values: Any) -> Any:
        rows = self.all(query, *values)
        return rows[0][0] if rows else None

    def all(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url, autocommit=True) as connection:
            return connection.execute(query, values).fetchall()

    def run(self, statement: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement)

    def empty(self) -> None:
        """As a new one, but for the time that takes."""
        tables = ["history", "subjects", "places", "dead_letters", "put_off"]
        with self.database.transaction() as connection:
            rows = [*READ_TABLES, "folded", "failed"]
            access = [table.name for table in relations_kept.TABLES]
            for schema, names in (("projections", tables), ("access", access), ("read_1", rows)):
                for name in names:
                    connection.execute(f"DELETE FROM {schema}.{name}")

    def close(self) -> None:
        self.database.close()


@contextmanager
def kept(url: str) -> Iterator[Kept]:
    one = Kept(url)
    try:
        yield one
    finally:
        one.close()


def _numbers() -> Iterator[int]:
    number = 1_000
    while True:
        yield number
        number += 1


_PARTITIONS = _numbers()


def _key_of(key: int) -> Callable[[Any], Any]:
    return lambda row: row[:key]


def expected(subject: str, facts: Iterable[Recorded], catalogue: Catalogue = CATALOGUE) -> dict[str, list[Any]]:
    """The rows of a subject, worked out directly."""
    mine = [fact for fact in facts if fact.subject == subject and fact.type in catalogue]
    rows = project(subject.partition("/")[0], settle(mine, ORDER), SETTINGS)
    return {name: sorted(its, key=_key_of(READ_TABLES[name].key)) for name, its in rows.items()}


def moved_to(fact: Recorded, subject: str) -> Recorded:
    return fact.model_copy(update={"subject": subject})


def person_id(number: int) -> UUID:
    return UUID(int=(1 << 100) + number)
