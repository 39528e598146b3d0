"""What has to be right before a figure counts. All raise CheckFailedError."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import psycopg
from psycopg import Connection

from benchmarks.figures import expect
from services.projections.read_sets.building import rebuild
from services.projections.read_sets.recipe import Recipe
from services.projections.read_tables import READ_TABLES
from shared.log.entries import LogEntry
from shared.log.store import FactStore
from shared.process.settings import Settings

PAGE = 10_000

Digests = dict[str, tuple[int, str]]
"""Of each read table: how many rows, and a sum over their hashes that does not depend on their order."""


def log_of(store: FactStore) -> Iterator[LogEntry]:
    after = 0
    while page := store.log(after, PAGE):
        yield from page
        after = page[-1].sequence


def log_holds(store: FactStore, answered: Mapping[str, int]) -> str:
    """Every event that was answered is in the log where the answer said, nothing else is, each life in its order."""
    found: dict[str, int] = {}
    lives: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    for entry in log_of(store):
        name = _id_of(entry)
        found[name] = entry.sequence
        lives[entry.subject].append((entry.streamversion, int(name.partition("-")[2])))
    lost = answered.keys() - found.keys()
    expect(not lost, f"{len(lost)} of {len(answered)} answered events are not in the log, as {min(lost, default='')}")
    expect(len(found) == len(answered), f"{len(found) - len(answered)} facts in the log were never answered")
    moved = [name for name, sequence in answered.items() if found[name] != sequence]
    expect(not moved, f"{len(moved)} events are not where their answer said, as {moved[:1]}")
    for subject, its in lives.items():
        expect(its == [(n, n) for n in range(1, len(its) + 1)], f"the facts of {subject} are not in order: {its}")
    return f"{len(found):,} answered, all in the log, each person's in order"


def _id_of(entry: LogEntry) -> str:
    start = entry.state.index(b'"id":"') + 6
    return entry.state[start : entry.state.index(b'"', start)].decode()


def digests(connection: Connection[Any], read_set: str) -> Digests:
    found: Digests = {}
    for table in READ_TABLES:
        row = connection.execute(
            f'SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)::numeric), 0)::text FROM "read_{read_set}".{table} t'
        ).fetchone()
        found[table] = row or (0, "")
    return found


def same(one: Digests, other: Digests, what: str) -> str:
    differing = [table for table in one if one[table] != other[table]]
    expect(not differing, f"{what} differ in {', '.join(differing)}")
    rows = sum(count for count, _ in one.values())
    expect(rows > 0, "there are no rows at all")
    return f"{rows:,} rows, {what} alike"


def whole_and_as_rebuilt(url: str, facts: int, read_set: str = "1") -> str:
    """Every fact is in the histories, no subject is marked, and the rows are those of a rebuild."""
    made = rebuild(url, None, Recipe.of(Settings()))
    with psycopg.connect(url) as connection:
        histories_hold(connection, facts)
        return same(digests(connection, read_set), digests(connection, made.name), "live and rebuilt")


def histories_hold(connection: Connection[Any], facts: int) -> None:
    kept, folded, marked = (
        _number(connection, query)
        for query in (
            "SELECT count(*) FROM projections.history",
            "SELECT coalesce(sum(version), 0) FROM projections.subjects",
            "SELECT count(*) FROM bi.incomplete_subjects",
        )
    )
    expect(kept == facts, f"the histories hold {kept} facts of {facts}")
    expect(folded == facts, f"the subjects count {folded} facts of {facts}")
    expect(marked == 0, f"{marked} subjects are marked as failed or incomplete")


def _number(connection: Connection[Any], query: str) -> int:
    row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0


def each_in_order(records: Iterable[tuple[str, int]], facts: int) -> None:
    """Subjects and their stream versions as they were read: complete, and ascending for each subject."""
    seen: dict[str, int] = {}
    total = 0
    for subject, version in records:
        expect(version == seen.get(subject, 0) + 1, f"{subject}: {version} came after {seen.get(subject, 0)}")
        seen[subject] = version
        total += 1
    expect(total == facts, f"{total} records of {facts} facts")
