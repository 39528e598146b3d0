"""All who mean ill at once, and an ordinary client beside them: it is served throughout, in bounded memory."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from itertools import chain as one_after_another
from statistics import median

import psycopg

from benchmarks.attacks import Attacked, Job
from benchmarks.chain import Chain, chain, wait_applied
from benchmarks.checks import log_of
from benchmarks.children import in_child
from benchmarks.crowd import long_life
from benchmarks.figures import Figure, Goal, Row, expect, percentile
from benchmarks.lab import PARCOURS, ROOT, SERVICES, Lab, parcours
from benchmarks.lives import SERVICE, person_order, record
from benchmarks.ordinary import Ordinary, Served
from benchmarks.peaks import peak_of
from shared.log.store import FactStore

RATE = 8.0
SOON = Goal(2_000, 500, "ms", less_is_better=True)
"""Two seconds is what every answer is promised in, also the one that there is none (`docs/operations.md`)."""
SERVED = Goal(99, 100, "%")
"""Who is told to come again (`503`, `Retry-After`) loses nothing; one in a hundred may be."""
MEMORY = Goal(600, 300, "MB", less_is_better=True)
LONG_FACTS, PERSONS, SECONDS = 25_000, 400, 30


@dataclass(frozen=True, slots=True)
class Stood:
    """What became of an ordinary client before and under attack, and of the attackers."""

    before: Served
    under: Served
    attacked: Attacked

    @property
    def recorded(self) -> dict[str, str]:
        return {**self.before.recorded, **self.under.recorded, **self.attacked.recorded}


def measure(lab: Lab) -> Sequence[Figure]:
    persons = lab.pick(PERSONS, 200, 20)
    with ExitStack() as stack:
        url = stack.enter_context(lab.database())
        there = in_child(_fill, url, lab.pick(LONG_FACTS, 12_000, 1_200), persons)
        one = stack.enter_context(chain(lab, url, there))
        _, query = parcours(one.processes, "serve", "projections", env=one.environment)
        job = Job(_host(one.address), _host(query), lab.pick(SECONDS, 15, 3))
        if lab.pick(0, 0, 1):
            job = replace(job, pipelined_mib=4, items=20_000, abandoned=2, idle=50, checks=2, alerts=4)
        stood = asyncio.run(stand(job, Ordinary(one.address, query, persons), lab.pick(8, 3, 1)))
        peaks = {process.name: peak_of(process.pid) for process in one.processes}
        check = f"{recorded_once(url, stood, there)}; {_verified(one)}"
    return [*figures(stood, check), *memory(peaks, check)]


def _fill(url: str, facts: int, persons: int) -> int:
    """A long life and some of the usual length; in a child, so that its memory counts nowhere."""
    for name in SERVICES:
        store = FactStore(url, name)
        store.create()
        store.close()
    store = FactStore(url, SERVICE)
    there = record(store, one_after_another(long_life(facts), person_order(persons)))
    store.close()
    return there


def _host(address: str) -> str:
    return address.removeprefix("http://")


async def stand(job: Job, ordinary: Ordinary, calm_s: float) -> Stood:
    """An ordinary client alone for some seconds, then while everybody attacks."""
    calm, attacked = asyncio.Event(), asyncio.Event()
    asyncio.get_running_loop().call_later(calm_s, calm.set)
    before = await ordinary.serve(RATE, calm)
    serving = asyncio.ensure_future(ordinary.serve(RATE, attacked))
    command = [sys.executable, "-m", "benchmarks.attacks", json.dumps(asdict(job))]
    attackers = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, cwd=ROOT)
    output, _ = await attackers.communicate()
    attacked.set()
    under = await serving
    expect(attackers.returncode == 0, f"the attackers ended with {attackers.returncode}")
    return Stood(before, under, Attacked(**json.loads(output)))


def figures(stood: Stood, check: str) -> list[Figure]:
    """Raise CheckFailedError where nobody was served, or an attack did not come to anything."""
    under, before = stood.under, stood.before
    kinds = {"facts": (under.facts_ms, before.facts_ms), "questions": (under.questions_ms, before.questions_ms)}
    for kind, (taken, calm) in kinds.items():
        expect(bool(calm), f"no {kind} were served before: {dict(before.refused)}")
        expect(bool(taken), f"no {kind} were served: {dict(under.refused)}")
    attacks = stood.attacked.answers
    idle = [name for name, answers in attacks.items() if not answers]
    expect(not idle, f"these attacks did nothing: {', '.join(idle)}")
    refused = f"; refused: {_words(under.refused)}" if under.refused else ""
    many = f"of {under.asked:,} requests at {RATE:g}/s while all attack"
    told = f"{check}; " + "; ".join(f"{name}: {_words(answers)}" for name, answers in attacks.items())
    return [
        *(_latency(kind, many, *taken, told) for kind, taken in kinds.items()),
        Figure(f"served, {many}{refused}", under.served_percent, "%", under.served_percent, SERVED, check),
    ]


def _latency(kind: str, many: str, under: Sequence[float], before: Sequence[float], told: str) -> Figure:
    p99 = percentile(under, 99)
    title = f"p99 of an ordinary client's {kind} (p50 {median(under):.0f} ms), {many}; beside: before"
    return Figure(title, p99, "ms", p99, SOON, told, baseline=percentile(before, 99))


def memory(peaks: Mapping[str, float], check: str) -> list[Figure]:
    expect(min(peaks.values(), default=0.0) > 0, f"a process was gone: {peaks}")
    return [Figure(f"peak memory of {name}", peak, "MB", peak, MEMORY, check) for name, peak in peaks.items()]


def recorded_once(url: str, stood: Stood, there: int) -> str:
    """Raise CheckFailedError."""
    store = FactStore(url, SERVICE)
    try:
        found = [(json.loads(entry.state)["id"], f"{SERVICE}:{entry.sequence}") for entry in log_of(store, there)]
    finally:
        store.close()
    return once(found, stood.recorded)


def once(found: Sequence[tuple[str, str]], acknowledged: Mapping[str, str]) -> str:
    """Every fact that was acknowledged is in the log, once, where its answer said. `found`: ids and positions in it. Raise
    CheckFailedError."""
    by_id = dict(found)
    expect(len(by_id) == len(found), f"{len(found) - len(by_id)} facts are in the log twice")
    lost = [name for name, position in acknowledged.items() if by_id.get(name) != position]
    expect(
        not lost, f"{len(lost)} of {len(acknowledged)} acknowledged facts are not where that was said, as {lost[:1]}"
    )
    return f"{len(acknowledged):,} acknowledged facts in the log, once"


def _words(counted: Mapping[str, int]) -> str:
    return ", ".join(f"{times:,} × {what}" for what, times in counted.items())


def _verified(one: Chain) -> str:
    """By `parcours verify`, once all is applied. Raise CheckFailedError."""
    with psycopg.connect(one.url) as connection:
        facts = connection.execute("SELECT count(*) FROM pathways.facts").fetchone()
    wait_applied(one.url, int(facts[0]) if facts else 0)
    verifying = one.processes.start(*PARCOURS, "verify", env=one.environment, name="verify", cwd=ROOT)
    status = verifying.wait(600)
    expect(status == 0, f"parcours verify ended with {status}: {verifying.log_tail()[-2_000:]}")
    return "parcours verify: what people see is what the facts say"


ROWS = (
    Row(
        "hostile",
        "an ordinary client's answers while others attack, and the memory of each process",
        measure,
        "the cores: attackers, services, database and broker share them",
        group="large",
    ),
)
