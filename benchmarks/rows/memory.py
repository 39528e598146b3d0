"""Memory: a rebuild and each consumer on some facts, then on ten times as many. The peak is to stay where it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import psycopg

from benchmarks.checks import digests, histories_hold, same
from benchmarks.children import measured_in_child
from benchmarks.figures import Figure, Goal, Row, expect
from benchmarks.lab import SERVICES, Lab
from benchmarks.lives import A_LIFE, SERVICE, random_order, record
from benchmarks.projecting import project
from benchmarks.publishing import expected, read_back, relay
from services.projections.read_sets import building
from services.projections.read_sets.recipe import Recipe
from shared.log.store import FactStore
from shared.process.settings import Settings

TIMES = 10
GOAL = Goal(1.25, 1.1, less_is_better=True)
"""Same peak: with room for what the allocator makes of it."""


@dataclass(frozen=True, slots=True)
class Peaks:
    """Megabytes; of several processes, of the largest."""

    relay: float
    projector: float
    rebuild: float


def rebuilt(url: str) -> str:
    """The read set's name. In a child."""
    return building.rebuild(url, None, Recipe.of(Settings())).name


def measure(lab: Lab) -> Sequence[Figure]:
    persons = lab.pick(1_500, 400, 60)
    cache = persons * A_LIFE // 3
    few, many = (_peaks(lab, size, cache) for size in (persons, TIMES * persons))
    facts = persons * A_LIFE
    check = f"{facts:,} and {TIMES * facts:,} facts: topics whole and in order, histories whole, rows as rebuilt"
    return [
        same_peak("rebuild", few.rebuild, many.rebuild, facts, check),
        same_peak("projector", few.projector, many.projector, facts, check),
        same_peak("relay", few.relay, many.relay, facts, check),
    ]


def same_peak(name: str, few: float, many: float, facts: int, check: str) -> Figure:
    """`few` and `many`: megabytes on so many facts, and on ten times as many. Raise CheckFailedError."""
    expect(min(few, many) > 0, f"no memory of the {name} was measured")
    each = (many - few) * (1 << 20) / (facts * (TIMES - 1))
    title = f"memory of the {name}, {TIMES} × the facts ({each:+.0f} bytes for each more)"
    return Figure(title, many, "MB", many / few, GOAL, check, baseline=few)


def _peaks(lab: Lab, persons: int, cache: int) -> Peaks:
    facts = persons * A_LIFE
    with lab.database() as store_url, lab.database() as url, lab.topics() as topics:
        store = FactStore(store_url, SERVICE)
        store.create()
        record(store, random_order(persons))
        topics.ensure(SERVICES)
        relayed = measured_in_child(relay, store_url, topics.bootstrap, topics.prefix)
        read_back(topics, relayed.result.ends, expected(store))
        store.close()
        settings = Settings(
            database_url=store_url,
            projections_database_url=url,
            kafka_bootstrap=topics.bootstrap,
            topic_prefix=topics.prefix,
            projection_cache_facts=cache,
            poll_max_records=cache // 2,
        )
        projected = measured_in_child(project, settings, facts)
        made = measured_in_child(rebuilt, url)
        with psycopg.connect(url) as connection:
            histories_hold(connection, facts)
            same(digests(connection, "1"), digests(connection, made.result), "live and rebuilt")
    return Peaks(relayed.peak_mb, projected.peak_mb, made.peak_mb)


ROWS = (
    Row(
        "memory",
        f"memory of rebuild, projector and relay: {TIMES} × the facts, same peak",
        measure,
        "settings: facts kept in caches, facts of a delivery or a chunk",
    ),
)
