"""What a rebuild does to those who wait for their rows: 200 facts/s arrive before it and during it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from benchmarks.chain import Chain, Recorded, chain
from benchmarks.checks import whole_and_as_rebuilt
from benchmarks.figures import Figure, Goal, Row, expect, percentile
from benchmarks.lab import PARCOURS, ROOT, Lab
from benchmarks.lives import SERVICE, person_order, record
from shared.log.store import FactStore

RATE = 200.0
GOAL = Goal(3, 1.2, less_is_better=True)
TITLE = "live p99 while rebuilding, 200/s arriving ÷ before"


def measure(lab: Lab) -> Sequence[Figure]:
    with lab.database() as url:
        there = _fill(url, lab.pick(10_000, 2_500, 60))
        with chain(lab, url, there) as one:
            alone_s = _rebuild(one)
            one.load(RATE, 2)  # warm
            before = one.watch.latencies_ms(one.load(RATE, lab.pick(15, 4, 1)))
            during = one.watch.latencies_ms(_during(one, 1.3 * alone_s + 1))
            facts = one.recorded
        check = f"{facts:,} facts, {whole_and_as_rebuilt(url, facts)}"
    p99, p99_before = percentile(during, 99), percentile(before, 99)
    title = f"{TITLE} (of {len(during):,} and {len(before):,})"
    return [Figure(title, p99, "ms", p99 / p99_before, GOAL, check, baseline=p99_before)]


def _fill(url: str, persons: int) -> int:
    store = FactStore(url, SERVICE)
    store.create()
    there = record(store, person_order(persons))
    store.close()
    return there


def _during(one: Chain, seconds: float) -> list[Recorded]:
    """What was recorded while the command ran."""
    with ThreadPoolExecutor(1) as pool:
        started = time.time()
        loading = pool.submit(one.load, RATE, seconds)
        _rebuild(one)
        ended = time.time()
        found = loading.result()
    inside = [fact for fact in found if started <= fact.at <= ended]
    expect(len(inside) >= 10, f"only {len(inside)} facts came during the rebuild")
    return inside


def _rebuild(one: Chain) -> float:
    """Seconds of `parcours projections rebuild`."""
    started = time.monotonic()
    command = one.processes.start(
        *PARCOURS, "projections", "rebuild", "--json", env=one.environment, name="rebuild", cwd=ROOT
    )
    status = command.wait(600)
    expect(status == 0, f"the rebuild ended with {status}: {command.log_tail()}")
    return time.monotonic() - started


ROWS = (Row("while-rebuilding", TITLE, measure),)
