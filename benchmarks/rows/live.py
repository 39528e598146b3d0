"""The live projection, catching up with a log, beside `eventsourcing.ProjectionRunner` on the same facts."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from itertools import islice

import psycopg

from benchmarks.baselines import projection_runner
from benchmarks.checks import Digests, digests, histories_hold, same, whole_and_as_rebuilt
from benchmarks.children import in_child
from benchmarks.figures import Figure, Goal, Row, alternate, expect
from benchmarks.lab import Lab
from benchmarks.lives import A_LIFE, SERVICE, Event, person_id, person_order, random_order, record
from benchmarks.projecting import project
from shared.log.store import FactStore
from shared.process.settings import Settings

PERSONS = 5_000
LIMITED_BY = (
    "processor time in Python: decoding facts and folding each person touched; the size of a delivery decides how often"
)
Order = Callable[[int], Iterator[Event]]


def bare(database_url: str, order: Order, persons: int, facts: int) -> float:
    """Seconds for the first facts of the same log. In a child."""
    events = [
        projection_runner.Lived(
            originator_id=person_id(event.person),
            originator_version=event.number,
            timestamp=projection_runner.Lived.create_timestamp(),
            type=event.type,
            data=json.loads(event.data),
        )
        for event in islice(order(persons), facts)
    ]
    return projection_runner.project(database_url, events)


def measure(lab: Lab, title: str, goal: Goal, order: Order, cached: float) -> Sequence[Figure]:
    persons = lab.pick(PERSONS, 1_500, 60)
    facts, bare_facts = persons * A_LIFE, lab.pick(3_000, 1_000, 100)
    found: list[Digests] = []
    checks: list[str] = []
    with ExitStack() as stack:
        store_url = stack.enter_context(lab.database())
        _fill(store_url, order(persons))

        def ours(_: int) -> float:
            with lab.database() as url:
                settings = Settings(
                    database_url=store_url,
                    projections_database_url=url,
                    projection_cache_facts=int(facts * cached),
                    # a smaller log in smaller deliveries: as many facts of one person come at once
                    poll_max_records=max(facts * Settings().poll_max_records // (PERSONS * A_LIFE), 100),
                )
                seconds = in_child(project, settings, facts)
                if not checks:
                    checks.append(whole_and_as_rebuilt(url, facts))
                with psycopg.connect(url) as connection:
                    histories_hold(connection, facts)
                    found.append(digests(connection, "1"))
                same(found[0], found[-1], "rounds")
            return facts / seconds

        def baseline(_: int) -> float:
            with lab.database() as url:
                return bare_facts / in_child(bare, url, order, persons, bare_facts)

        compared = alternate(lab.pick(3, 1), ours, baseline)
    expect(len(checks) == 1, "nothing was checked")
    return [compared.figure(title, "facts/s", goal, checks[0])]


def _fill(url: str, events: Iterator[Event]) -> None:
    store = FactStore(url, SERVICE)
    store.create()
    record(store, events)
    store.close()


def row(name: str, what: str, goal: Goal, order: Order, cached: float) -> Row:
    title = f"live projection ÷ ProjectionRunner, {what}"

    def measured(lab: Lab) -> Sequence[Figure]:
        return measure(lab, title, goal, order, cached)

    return Row(name, title, measured, LIMITED_BY)


ROWS = (
    row("live", "random order, histories cached", Goal(6, 12), random_order, cached=1.1),
    row("live-person-order", "person order", Goal(12, 20), person_order, cached=1.1),
    row("live-small-cache", "random order, a quarter of the persons cached", Goal(3, 5), random_order, cached=0.25),
)
