"""The chain of production for one service: write service, relay, projector, each a process, with Kafka between."""

from __future__ import annotations

import json
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import NamedTuple

import psycopg

from benchmarks import load
from benchmarks.figures import CheckFailedError, expect
from benchmarks.lab import SERVICES, Lab, parcours
from benchmarks.lives import SERVICE, life
from benchmarks.lives import subject as subject_of
from tests.parts.processes import Processes

CLIENTS = 32
FIRST = 1_000_000_000
"""Persons of the load come after those that are there."""
GAVE_UP_S = 60.0
LEAST_PACE = 0.9
"""Of what was asked for: below, something else is measured."""
CLOCK_S = 0.001
"""By how much instants of two processes of one machine may differ."""

# Tells who watches, when the commit is visible: not before, and the projector's transaction is none the shorter for it.
# An act of support has a row of its own: its transaction is told as well, so that a mark without its rows is found out.
TRIGGER = """
CREATE FUNCTION told() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('visible', concat_ws(' ', 'folded', NEW.root, NEW.version, pg_current_xact_id()));
    RETURN NULL;
END $$;
CREATE FUNCTION told_act() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('visible', concat_ws(' ', 'act', NEW.action_id, pg_current_xact_id()));
    RETURN NULL;
END $$;
CREATE TRIGGER told AFTER INSERT OR UPDATE ON "read_1".folded FOR EACH ROW EXECUTE FUNCTION told();
CREATE TRIGGER told_act AFTER INSERT ON "read_1".support_actions FOR EACH ROW EXECUTE FUNCTION told_act();
"""


@dataclass(frozen=True, slots=True)
class Recorded:
    subject: str
    version: int
    at: float
    """Seconds of the epoch: `recordedtime`, taken before the commit."""
    action_id: str | None = None
    """Of an act of support, which has a row of its own."""


class Seen(NamedTuple):
    """A version of a subject became visible at this instant, in this transaction."""

    version: int
    transaction: str
    at: float


class Watch:
    """When each version of each subject became visible in the read set, to whoever has its own connection."""

    def __init__(self, url: str) -> None:
        self.seen: dict[str, list[Seen]] = {}
        self._acts: dict[str, str] = {}
        self._ended, self._caught_up = threading.Event(), threading.Event()
        self._url = url
        self._connection = psycopg.connect(url, autocommit=True)
        self._connection.execute(TRIGGER)
        self._connection.execute("LISTEN visible")
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while not self._ended.is_set():
            for told in self._connection.notifies(timeout=0.5):
                now = time.time()
                kind, *values, transaction = told.payload.split(" ")
                if kind == "here":
                    self._caught_up.set()
                elif kind == "act":
                    self._acts.setdefault(values[0], transaction)
                else:
                    subject, version = values
                    self.seen.setdefault(subject, []).append(Seen(int(version), transaction, now))

    def _catch_up(self) -> None:
        """With all that was committed until now."""
        self._caught_up.clear()
        with psycopg.connect(self._url) as connection:
            connection.execute("NOTIFY visible, 'here now'")
        expect(self._caught_up.wait(GAVE_UP_S), f"a notification did not come in {GAVE_UP_S:.0f} s")

    def close(self) -> None:
        self._ended.set()
        self._thread.join()
        self._connection.close()

    def latencies_ms(self, recorded: Sequence[Recorded]) -> list[float]:
        """Of each fact: from its record until the first version of its subject in the read set that has it, with the
        rows that are made of it. Raise CheckFailedError."""
        self._catch_up()
        found = []
        for one in recorded:
            name = f"version {one.version} of {one.subject}"
            seen = next((seen for seen in self.seen.get(one.subject, ()) if seen.version >= one.version), None)
            if seen is None:
                raise CheckFailedError(f"{name} was recorded and never visible")
            with_rows = one.action_id is None or self._acts.get(one.action_id) == seen.transaction
            expect(with_rows, f"{name} was said to be visible without its row")
            expect(seen.at > one.at, f"{name} was visible before it was recorded")
            found.append(1000 * (seen.at - one.at))
        return found


@dataclass
class Chain:
    url: str
    processes: Processes
    environment: Mapping[str, str]
    address: str
    watch: Watch
    folder: Path
    recorded: int = 0
    rate: float = 0.0
    """Of the last load, as it was reached."""
    _numbers: Iterator[int] = field(default_factory=count)

    def load(self, rate: float, seconds: float) -> list[Recorded]:
        """Post at a pace, wait until all of it is visible, and return what was recorded."""
        number = next(self._numbers)
        answers = self.folder / f"{number:03}.jsonl"
        first = FIRST + number * 1_000_000
        address = f"{self.address}/{SERVICE}/v1/events"
        self.rate = load.run(load.Job(address, CLIENTS, seconds, first, str(answers), rate=rate)).rate
        expect(self.rate >= LEAST_PACE * rate, f"{self.rate:.0f}/s were posted instead of {rate:.0f}/s")
        found = [recorded_of(answer) for answer in load.answers(answers)]
        self.recorded += len(found)
        self.wait(found)
        return found

    def wait(self, recorded: Sequence[Recorded]) -> None:
        """Until all of it is visible. Raise CheckFailedError."""
        last: dict[str, int] = {}
        for one in recorded:
            last[one.subject] = max(one.version, last.get(one.subject, 0))
        deadline = time.monotonic() + GAVE_UP_S
        while not all(self._has(subject, version) for subject, version in last.items()):
            expect(time.monotonic() < deadline, f"not everything is visible after {GAVE_UP_S:.0f} s")
            time.sleep(0.05)

    def _has(self, subject: str, version: int) -> bool:
        return any(seen.version >= version for seen in self.watch.seen.get(subject, ()))


def recorded_of(answer: load.Answer) -> Recorded:
    """A client sends the facts of a life in order, one at a time: the number of a fact is its version."""
    expect(answer.status == 201, f"{answer.ids} was answered {answer.status}: {answer.body}")
    person, _, number = answer.ids[0].partition("-")
    at = datetime.fromisoformat(answer.body["recordedtime"]).timestamp()
    between = answer.sent - CLOCK_S <= at <= answer.answered + CLOCK_S
    expect(between, f"{answer.ids} was sent at {answer.sent} and answered at {answer.answered}, but recorded at {at}")
    action_id = json.loads(life(int(person))[int(number) - 1].data).get("action_id")
    return Recorded(subject_of(int(person)), int(number), at, action_id)


@contextmanager
def chain(lab: Lab, url: str, facts: int = 0, *, through_kafka: bool = True) -> Iterator[Chain]:
    """Up and idle, with the facts applied that the store holds already. Without Kafka the projector reads the store."""
    with ExitStack() as stack:
        environment = {"PARCOURS_DATABASE_URL": url}
        if through_kafka:
            topics = stack.enter_context(lab.topics())
            topics.ensure(SERVICES)
            environment |= {"PARCOURS_KAFKA_BOOTSTRAP": lab.kafka, "PARCOURS_TOPIC_PREFIX": topics.prefix}
        processes = stack.enter_context(lab.processes())
        _, address = parcours(processes, "serve", SERVICE, env=environment)
        if through_kafka:
            parcours(processes, "relay", SERVICE, env=environment)
        parcours(processes, "project", env=environment)
        wait_applied(url, facts)
        watch = Watch(url)
        stack.callback(watch.close)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="parcours-bench-")))
        yield Chain(url, processes, environment, address, watch, folder, recorded=facts)


def wait_applied(url: str, facts: int) -> None:
    deadline = time.monotonic() + 10 * GAVE_UP_S
    with psycopg.connect(url, autocommit=True) as connection:
        while True:
            row = connection.execute("SELECT coalesce(sum(version), 0) FROM projections.subjects").fetchone()
            if row is not None and row[0] >= facts:
                return
            expect(time.monotonic() < deadline, f"{row} of {facts} facts are applied")
            time.sleep(0.2)
