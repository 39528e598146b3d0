"""What has to be right before a figure counts. All raise CheckFailedError."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import psycopg
from psycopg import Connection

from benchmarks.figures import expect
from benchmarks.lives import A_LIFE, Event, life, told
from services.projections.read_sets.building import rebuild
from services.projections.read_sets.recipe import Recipe
from services.projections.read_tables import READ_TABLES
from shared.log.entries import LogEntry
from shared.log.store import FactStore
from shared.process.settings import Settings

PAGE = 10_000

Digests = dict[str, tuple[int, str]]
"""Of each read table: how many rows, and a sum over their hashes that does not depend on their order."""


def log_of(store: FactStore, after: int = 0) -> Iterator[LogEntry]:
    while page := store.log(after, PAGE):
        yield from page
        after = page[-1].sequence


def log_holds(entries: Iterable[LogEntry], answered: Mapping[str, int], begins: Collection[int] = (1,)) -> str:
    """Every event that was answered is in the log where the answer said, as it was sent, nothing else is, and each life
    is in its order. `begins`: with which of their facts lives may begin in these entries."""
    found: dict[str, int] = {}
    lives: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    sequence = 0
    for entry in entries:
        expect(entry.sequence > sequence, f"{entry.sequence} follows {sequence} in the log")
        sequence = entry.sequence
        name = _as_sent(entry)
        expect(name not in found, f"{name} is in the log twice")
        found[name] = entry.sequence
        lives[entry.subject].append((entry.streamversion, int(name.partition("-")[2])))
    lost = answered.keys() - found.keys()
    expect(not lost, f"{len(lost)} of {len(answered)} answered events are not in the log, as {min(lost, default='')}")
    expect(len(found) == len(answered), f"{len(found) - len(answered)} facts in the log were never answered")
    moved = [name for name, sequence in answered.items() if found[name] != sequence]
    expect(not moved, f"{len(moved)} events are not where their answer said, as {moved[:1]}")
    for subject, its in lives.items():
        first, _ = its[0]
        in_order = first in begins and its == [(n, n) for n in range(first, first + len(its))]
        expect(in_order, f"the facts of {subject} are not in order: {its}")
    return f"{len(found):,} answered, all in the log as sent, each person's in order"


def _as_sent(entry: LogEntry) -> str:
    """The id of a fact of a life that is in the log as it was sent."""
    stored = json.loads(entry.state)
    person, _, number = stored["id"].partition("-")
    sent = _life(int(person))[int(number) - 1] if int(number) <= A_LIFE else told(int(person), int(number))
    same = (entry.type, entry.subject) == (stored["type"], stored["subject"]) == (sent.type, sent.subject)
    expect(same and stored["data"] == json.loads(sent.data), f"{stored['id']} is not in the log as it was sent")
    return sent.id


@lru_cache(maxsize=10_000)
def _life(person: int) -> list[Event]:
    return life(person)


def digests(connection: Connection[Any], read_set: str) -> Digests:
    """Raise CheckFailedError for tables that a crash would empty."""
    forgotten = connection.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = %s::regnamespace AND relkind = 'r' AND relpersistence <> 'p'",
        [f'"read_{read_set}"'],
    ).fetchall()
    expect(not forgotten, f"a crash would empty {forgotten[:3]} of read set {read_set}")
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


def whole_and_as_rebuilt(url: str, facts: int, read_set: str = "1", begun: Sequence[str] = ()) -> str:
    """Every fact is in the histories, no subject is marked, and the rows are those of a rebuild; and of each that was
    begun before, once it has what came since."""
    recipe = Recipe.of(Settings())
    names = [rebuild(url, name, recipe).name for name in (*begun, None)]
    with psycopg.connect(url) as connection:
        histories_hold(connection, facts)
        live = digests(connection, read_set)
        for name in names:
            said = same(live, digests(connection, name), "live and rebuilt")
        return said


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
