"""The chain of production for one service: write service, relay, projector, each a process, with Kafka between."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from pathlib import Path

import psycopg

from benchmarks import load
from benchmarks.figures import expect
from benchmarks.lab import SERVICES, Lab, parcours
from benchmarks.lives import SERVICE
from benchmarks.lives import subject as subject_of
from tests.parts.processes import Processes

CLIENTS = 32
FIRST = 1_000_000_000
"""Persons of the load come after those that are there."""
GAVE_UP_S = 60.0

# Tells who watches, when the commit is visible: not before, and the projector's transaction is none the shorter for it.
TRIGGER = """
CREATE FUNCTION told() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('visible', NEW.root || ' ' || NEW.version);
    RETURN NULL;
END $$;
CREATE TRIGGER told AFTER INSERT OR UPDATE ON "read_1".folded FOR EACH ROW EXECUTE FUNCTION told();
"""


@dataclass(frozen=True, slots=True)
class Recorded:
    subject: str
    version: int
    at: float
    """Seconds of the epoch: `recordedtime`, taken before the commit."""


class Watch:
    """When each version of each subject became visible in the read set, to whoever has its own connection."""

    def __init__(self, url: str) -> None:
        self.seen: dict[str, list[tuple[int, float]]] = {}
        self._ended = threading.Event()
        self._connection = psycopg.connect(url, autocommit=True)
        self._connection.execute(TRIGGER)
        self._connection.execute("LISTEN visible")
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while not self._ended.is_set():
            for told in self._connection.notifies(timeout=0.5):
                now = time.time()
                subject, _, version = told.payload.partition(" ")
                self.seen.setdefault(subject, []).append((int(version), now))

    def close(self) -> None:
        self._ended.set()
        self._thread.join()
        self._connection.close()

    def latencies_ms(self, recorded: Sequence[Recorded]) -> list[float]:
        """Of each fact: from its record until the first read set version that has it. Raise CheckFailedError."""
        found = []
        for one in recorded:
            seen = next((at for version, at in self.seen.get(one.subject, ()) if version >= one.version), None)
            expect(seen is not None, f"version {one.version} of {one.subject} was recorded and never visible")
            found.append((seen or 0.0) - one.at)
        return [1000 * seconds for seconds in found]


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
        found = [_recorded(answer) for answer in load.answers(answers)]
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
        return any(seen >= version for seen, _ in self.watch.seen.get(subject, ()))


def _recorded(answer: load.Answer) -> Recorded:
    """A client sends the facts of a life in order, one at a time: the number of a fact is its version."""
    expect(answer.status == 201, f"{answer.ids} was answered {answer.status}: {answer.body}")
    person, _, number = answer.ids[0].partition("-")
    at = datetime.fromisoformat(answer.body["recordedtime"]).timestamp()
    return Recorded(subject_of(int(person)), int(number), at)


@contextmanager
def chain(lab: Lab, url: str, facts: int = 0) -> Iterator[Chain]:
    """Up and idle, with the facts applied that the store holds already."""
    with ExitStack() as stack:
        topics = stack.enter_context(lab.topics())
        processes = stack.enter_context(lab.processes())
        topics.ensure(SERVICES)
        environment = {
            "PARCOURS_DATABASE_URL": url,
            "PARCOURS_KAFKA_BOOTSTRAP": lab.kafka,
            "PARCOURS_TOPIC_PREFIX": topics.prefix,
        }
        _, address = parcours(processes, "serve", SERVICE, env=environment)
        parcours(processes, "relay", SERVICE, env=environment)
        parcours(processes, "project", env=environment)
        _wait_applied(url, facts)
        watch = Watch(url)
        stack.callback(watch.close)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="parcours-bench-")))
        yield Chain(url, processes, environment, address, watch, folder, recorded=facts)


def _wait_applied(url: str, facts: int) -> None:
    deadline = time.monotonic() + 10 * GAVE_UP_S
    with psycopg.connect(url, autocommit=True) as connection:
        while True:
            row = connection.execute("SELECT coalesce(sum(version), 0) FROM projections.subjects").fetchone()
            if row is not None and row[0] >= facts:
                return
            expect(time.monotonic() < deadline, f"{row} of {facts} facts are applied")
            time.sleep(0.2)
