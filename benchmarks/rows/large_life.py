"""A person with very many facts: one more recorded, one more visible, and the memory that their history takes."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial
from http.client import HTTPConnection
from itertools import chain as one_after_another
from itertools import count
from statistics import median
from urllib.parse import urlsplit

from benchmarks.chain import Chain, Recorded, chain
from benchmarks.checks import log_of, whole_and_as_rebuilt
from benchmarks.children import measured_in_child
from benchmarks.crowd import LONG_LIFE, long_life, structure_id
from benchmarks.figures import Figure, Goal, Row, alternate, expect, percentile
from benchmarks.lab import Lab, parcours
from benchmarks.lives import A_LIFE, SERVICE, Event, life, person_order, record, subject
from benchmarks.projecting import project
from shared.log.store import FactStore
from shared.process.settings import Settings

FACTS = 2_000
LARGE_FACTS = 2_400
"""Above those that fold each fact at once."""

RECORDING = Goal(2.0, 1.2, less_is_better=True)
VISIBLE = Goal(100, 30, "ms", less_is_better=True)
PUT_OFF = Goal(1_500, 1_150, "ms", less_is_better=True)
"""A person of so many facts is folded again at most once a second."""
MEMORY = Goal(1.25, 1.1, less_is_better=True)


class Posting:
    """One client that tells one interview at a time."""

    def __init__(self, address: str) -> None:
        self._connection = HTTPConnection(urlsplit(address).netloc, timeout=60)
        self._numbers = count(1_000_000)

    def close(self) -> None:
        self._connection.close()

    def post(self, person: int) -> tuple[float, float, str]:
        """Milliseconds until it is answered, the second of the epoch it was recorded at, and the act's id. Raise
        CheckFailedError."""
        number = next(self._numbers)
        action = {
            "action_id": f"{number:08x}-000a-4000-8000-{person:012x}",
            "structure_id": structure_id(0),
            "done_on": "2024-11-04",
            "kind": "interview",
            "outcome": "done",
            "theme": "project",
        }
        event = Event(person, number, f"{SERVICE}.support_action.v1", json.dumps(action))
        started = time.perf_counter()
        headers = {"Content-Type": "application/json"}
        self._connection.request("POST", f"/{SERVICE}/v1/events", event.cloud_event(), headers)
        answer = self._connection.getresponse()
        body = answer.read()
        taken = 1000 * (time.perf_counter() - started)
        expect(answer.status == 201, f"{event.id} was answered {answer.status}: {body[:200]!r}")
        at = datetime.fromisoformat(json.loads(body)["recordedtime"]).timestamp()
        return taken, at, action["action_id"]


def recording(lab: Lab) -> Sequence[Figure]:
    rounds, posts = lab.pick(5, 2, 1), lab.pick(200, 30, 5)
    with lab.database() as url, lab.processes() as processes:
        _fill(url, one_after_another(long_life(FACTS), *(life(person) for person in range(posts))))
        _, address = parcours(processes, "serve", SERVICE, env={"PARCOURS_DATABASE_URL": url})
        posting = Posting(address)
        for person in (LONG_LIFE, 0) * 5:  # warm
            posting.post(person)

        def taken(large: bool, _: int) -> float:
            return median(posting.post(LONG_LIFE if large else person)[0] for person in range(posts))

        compared = alternate(rounds, partial(taken, True), partial(taken, False))
        posting.close()
        check = _all_there(url, FACTS + 5 + rounds * posts, posts * A_LIFE + 5 + rounds * posts)
    title = f"one more fact recorded about a person of {FACTS:,} ÷ of 24"
    return [compared.figure(title, "ms", RECORDING, check)]


def _all_there(url: str, facts: int, others: int) -> str:
    store = FactStore(url, SERVICE)
    try:
        found = [(entry.subject, entry.streamversion) for entry in log_of(store)]
    finally:
        store.close()
    versions = [version for name, version in found if name == subject(LONG_LIFE)]
    beside = len(found) - len(versions)
    expect(beside == others, f"the log has {beside} facts of the others instead of {others}")
    expect(versions == list(range(1, facts + 1)), f"the log has {len(versions)} facts of {facts}, or a hole")
    return f"{facts:,} facts of one person in the log, without a hole"


def visible(lab: Lab) -> Sequence[Figure]:
    with lab.database() as url:
        _fill(url, long_life(LARGE_FACTS))
        with chain(lab, url, LARGE_FACTS) as one:
            posting = Posting(one.address)
            _post(one, posting, 2, 1.5)  # warm
            alone = one.watch.latencies_ms(_post(one, posting, lab.pick(40, 5, 2), 1.5))
            often = one.watch.latencies_ms(_post(one, posting, lab.pick(160, 24, 8), 0.125))
            posting.close()
            facts = one.recorded
        check = whole_and_as_rebuilt(url, facts)
    return [
        _seen("now and then", alone, VISIBLE, check),
        _seen("8/s", often, PUT_OFF, check),
    ]


def _seen(pace: str, milliseconds: Sequence[float], goal: Goal, check: str) -> Figure:
    p99 = percentile(milliseconds, 99)
    what = f"p99 of {len(milliseconds):,} (p50 {median(milliseconds):.0f} ms)"
    return Figure(f"recorded → visible, a person of {LARGE_FACTS:,} facts, {pace}, {what}", p99, "ms", p99, goal, check)


def _post(one: Chain, posting: Posting, facts: int, every_s: float) -> list[Recorded]:
    """At a pace; wait until all of it is visible."""
    told = []
    for _ in range(facts):
        started = time.monotonic()
        _, at, action_id = posting.post(LONG_LIFE)
        one.recorded += 1
        told.append(Recorded(subject(LONG_LIFE), one.recorded, at, action_id))
        time.sleep(max(every_s - (time.monotonic() - started), 0))
    one.wait(told)
    return told


def memory(lab: Lab) -> Sequence[Figure]:
    persons = lab.pick(4_200, 420, 60)
    cache = persons * 24 // 20
    few = _projected(lab, list(person_order(persons // 10)), cache)
    many = _projected(lab, [*person_order(persons), *long_life(FACTS)], cache)
    facts = persons * 24 + FACTS
    check = f"{facts:,} facts beside {persons // 10 * 24:,}; histories whole, rows as a rebuild gives them"
    title = f"memory of the projector: {facts:,} facts of a structure, one person with {FACTS:,}, ÷ a tenth"
    return [Figure(title, many, "MB", many / few, MEMORY, check, baseline=few)]


def _projected(lab: Lab, events: list[Event], cache: int) -> float:
    """Megabytes, with the store feed."""
    with lab.database() as store_url, lab.database() as url:
        _fill(store_url, iter(events))
        settings = Settings(
            database_url=store_url,
            projections_database_url=url,
            projection_cache_facts=cache,
            poll_max_records=max(cache // 2, 100),
        )
        peak = measured_in_child(project, settings, len(events)).peak_mb
        whole_and_as_rebuilt(url, len(events))
    return peak


def _fill(url: str, events: Iterator[Event]) -> None:
    store = FactStore(url, SERVICE)
    store.create()
    record(store, events)
    store.close()


ROWS = (
    Row(
        "large-life-recording",
        "one more fact about a person of 2,000 ÷ of 24, write service alone",
        recording,
        "rules that read all of a life",
        group="large",
    ),
    Row(
        "large-life-visible",
        "recorded → visible for a person of 2,400 facts, separate processes",
        visible,
        "a fold of the whole life; at most one a second",
        group="large",
    ),
    Row(
        "large-life-memory",
        "memory of the projector with 100,000 facts and one long life ÷ a tenth",
        memory,
        "settings, and one life, which is folded whole",
        group="large",
    ),
)
