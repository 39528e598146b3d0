"""Memory: a rebuild and each consumer on some facts, then on ten times as many. The peak is to stay where it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import psycopg

from benchmarks.checks import digests, each_in_order, histories_hold, same
from benchmarks.figures import Figure, Goal, Row, expect
from benchmarks.lab import SERVICES, Lab, in_child, peak_mb
from benchmarks.lives import A_LIFE, SERVICE, random_order, record
from benchmarks.projecting import project
from benchmarks.publishing import records_of, relay
from services.projections.read_sets import building
from services.projections.read_sets.recipe import Recipe
from shared.log.store import FactStore
from shared.process.settings import Settings

TIMES = 10
GOAL = Goal(1.25, 1.1, less_is_better=True)
"""Same peak: with room for what the allocator makes of it."""


@dataclass(frozen=True, slots=True)
class Peaks:
    relay: float
    projector: float
    rebuild: float


def rebuilt(url: str) -> tuple[str, float]:
    """The read set, and the peak of the process or of its largest worker. In a child."""
    made = building.rebuild(url, None, Recipe.of(Settings()))
    return made.name, peak_mb()


def measure(lab: Lab) -> Sequence[Figure]:
    persons = lab.pick(1_500, 400, 60)
    cache = persons * A_LIFE // 3
    few, many = (_peaks(lab, size, cache) for size in (persons, TIMES * persons))
    facts = persons * A_LIFE
    check = f"{facts:,} and {TIMES * facts:,} facts: topics whole and in order, histories whole, rows as rebuilt"
    return [
        Figure(f"memory of the {name}, {TIMES} × the facts", ours, "MB", ours / other, GOAL, check, baseline=other)
        for name, ours, other in (
            ("rebuild", many.rebuild, few.rebuild),
            ("projector", many.projector, few.projector),
            ("relay", many.relay, few.relay),
        )
    ]


def _peaks(lab: Lab, persons: int, cache: int) -> Peaks:
    facts = persons * A_LIFE
    with lab.database() as store_url, lab.database() as url, lab.topics() as topics:
        store = FactStore(store_url, SERVICE)
        store.create()
        record(store, random_order(persons))
        store.close()
        topics.ensure(SERVICES)
        relayed = in_child(relay, store_url, topics.bootstrap, topics.prefix)
        each_in_order(records_of(topics.bootstrap, topics.name(SERVICE)), facts)
        settings = Settings(
            projections_database_url=url,
            kafka_bootstrap=topics.bootstrap,
            topic_prefix=topics.prefix,
            projection_cache_facts=cache,
            poll_max_records=cache // 2,
        )
        projected = in_child(project, settings, facts)
        read_set, rebuild_mb = in_child(rebuilt, url)
        with psycopg.connect(url) as connection:
            histories_hold(connection, facts)
            same(digests(connection, "1"), digests(connection, read_set), "live and rebuilt")
    expect(min(relayed.peak_mb, projected.peak_mb, rebuild_mb) > 0, "no memory was measured")
    return Peaks(relayed.peak_mb, projected.peak_mb, rebuild_mb)


ROWS = (Row("memory", f"memory of rebuild, projector and relay: {TIMES} × the facts, same peak", measure),)
