"""What a rebuild does to those who wait for their rows: 200 facts/s arrive before it and during it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import psycopg

from benchmarks.chain import Chain, Recorded, chain
from benchmarks.checks import whole_and_as_rebuilt
from benchmarks.figures import Figure, Goal, Row, expect, percentile
from benchmarks.lab import PARCOURS, ROOT, Lab
from benchmarks.lives import SERVICE, person_order, record
from shared.log.store import FactStore

RATE = 200.0
GOAL = Goal(3, 1.2, less_is_better=True)
TITLE = "live p99 while rebuilding, 200/s arriving ÷ before"


@dataclass(frozen=True, slots=True)
class Rebuilt:
    read_set: str
    seconds: float


def measure(lab: Lab) -> Sequence[Figure]:
    with lab.database() as url:
        there = _fill(url, lab.pick(10_000, 2_500, 60))
        with chain(lab, url, there) as one:
            alone = rebuild(one, "alone")
            one.load(RATE, 2)  # warm
            before = one.watch.latencies_ms(one.load(RATE, lab.pick(15, 4, 1)))
            beside, recorded = during(one, 1.3 * alone.seconds + 1)
            meanwhile = one.watch.latencies_ms(recorded)
            facts = one.recorded
        begun = [alone.read_set, beside.read_set]
        check = f"{facts:,} facts, {whole_and_as_rebuilt(url, facts, begun=begun)}"
    p99, p99_before = percentile(meanwhile, 99), percentile(before, 99)
    title = f"{TITLE} (of {len(meanwhile):,} and {len(before):,})"
    slower = beside.seconds / alone.seconds
    return [
        Figure(title, p99, "ms", p99 / p99_before, GOAL, check, baseline=p99_before),
        Figure("the rebuild meanwhile ÷ alone", beside.seconds, "s", slower, None, check, baseline=alone.seconds),
    ]


def _fill(url: str, persons: int) -> int:
    store = FactStore(url, SERVICE)
    store.create()
    there = record(store, person_order(persons))
    store.close()
    return there


def during(one: Chain, seconds: float) -> tuple[Rebuilt, list[Recorded]]:
    """A rebuild that takes about so long, and what was recorded while it ran."""
    found: list[Recorded] = []
    with ThreadPoolExecutor(1) as pool:
        started = time.time()
        making = pool.submit(rebuild, one, "beside")
        while not making.done():  # once, where it takes as long as was thought
            found += one.load(RATE, seconds)
        made = making.result()
    inside = [fact for fact in found if started <= fact.at <= started + made.seconds]
    expect(len(inside) >= 10, f"only {len(inside)} facts came during the rebuild")
    return made, inside


def rebuild(one: Chain, read_set: str) -> Rebuilt:
    """`parcours projections rebuild` into a read set of that name, from its start until its end. Raise CheckFailedError where it did not fold everybody
    that was there when it began."""
    with psycopg.connect(one.url) as connection:
        persons = _count(connection, "projections.subjects")
    started = time.monotonic()
    command = one.processes.start(
        *PARCOURS, "projections", "rebuild", "--into", read_set, env=one.environment, name="rebuild", cwd=ROOT
    )
    status = command.wait(3_600)
    seconds = time.monotonic() - started
    expect(status == 0, f"the rebuild ended with {status}: {command.log_tail()}")
    with psycopg.connect(one.url) as connection:
        folded = _count(connection, f'"read_{read_set}".folded')
    expect(folded >= persons, f"the rebuild folded {folded} of {persons} persons")
    return Rebuilt(read_set, seconds)


def _count(connection: psycopg.Connection[Any], table: str) -> int:
    row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    return int(row[0]) if row else 0


ROWS = (
    Row(
        "while-rebuilding",
        TITLE,
        measure,
        "the cores: the rebuild takes what the live loop leaves, and PostgreSQL serves both",
    ),
)
