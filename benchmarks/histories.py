"""Histories made directly, as the live loop would have kept them: for rows about rebuilding."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from benchmarks.children import in_child
from benchmarks.crowd import Crowd, Said, events
from benchmarks.lives import SAID_AT, SOURCE, Event, person_order
from services.projections.catalogue import CATALOGUE
from services.projections.database import Database
from shared.facts.fact import printed
from shared.histories.history import keep
from shared.histories.persons import link, merges_in
from shared.histories.subjects import bump, lock_subjects
from shared.log.place import Arrived

AT_ONCE = 10_000
RECORDED = printed(SAID_AT)


def fill(database_url: str, persons: int) -> int:
    """Histories of so many persons; return how many facts. In a child, so that its memory counts nowhere."""
    return in_child(fill_here, database_url, persons)


def fill_with(database_url: str, crowd: Crowd) -> int:
    """Histories of a crowd; return how many facts. In a child."""
    return in_child(fill_here, database_url, crowd)


def fill_here(database_url: str, who: int | Crowd) -> int:
    """Histories of so many persons, or of a crowd; return how many facts."""
    database = Database(database_url)
    database.create()
    coming = arriving(events(who) if isinstance(who, Crowd) else person_order(who))
    total = 0
    while part := list(islice(coming, AT_ONCE)):
        _keep(database, part)
        total += len(part)
    with database.connection() as connection:
        connection.execute("VACUUM ANALYZE")
    database.close()
    return total


def _keep(database: Database, part: Sequence[Arrived]) -> None:
    merges = list(merges_in(part, CATALOGUE))
    with database.transaction() as connection:
        subjects = lock_subjects(
            connection, [*(fact.subject for fact in part), *(name for pair in merges for name in pair)]
        )
        new = keep(connection, part, {})
        bump(connection, link(connection, subjects, merges), new)


def arriving(told: Iterable[Event | Said]) -> Iterator[Arrived]:
    """As a feed would give them."""
    sequences: Counter[str] = Counter()
    versions: Counter[tuple[str, str]] = Counter()
    for event in told:
        service, name = event.type.partition(".")[0], event.subject
        sequences[service] += 1
        versions[service, name] += 1
        sequence, version = sequences[service], versions[service, name]
        extra = f'{{"sequence":{sequence},"streamversion":{version},"recordedtime":"{RECORDED}",'
        envelope = (extra + event.cloud_event()[1:]).encode()
        yield Arrived(service, sequence, version, name, event.type, event.id, SOURCE, RECORDED, envelope, partition=0)
