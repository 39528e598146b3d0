"""A projection as `eventsourcing` has it: its runner, one transaction for each event with the tracking position."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any
from uuid import UUID

import psycopg
from eventsourcing.application import Application
from eventsourcing.dispatch import singledispatchmethod
from eventsourcing.domain import DomainEvent
from eventsourcing.persistence import Tracking
from eventsourcing.postgres import PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner
from psycopg.conninfo import conninfo_to_dict

from benchmarks.figures import expect

GAVE_UP_S = 300.0
AT_ONCE = 100
"""Events recorded together: the library's pipeline hangs on much larger statements over a unix socket."""

CREATE = """
CREATE TABLE IF NOT EXISTS contracts (
    person_id uuid, contract_id uuid, structure_id uuid, starts_on date, ends_on date, ended_on date,
    PRIMARY KEY (person_id, contract_id));
CREATE TABLE IF NOT EXISTS trainings (
    person_id uuid, training_id uuid, started_on date, ended_on date, PRIMARY KEY (person_id, training_id));
CREATE TABLE IF NOT EXISTS others (person_id uuid, type text, times bigint, PRIMARY KEY (person_id, type));
"""
STATEMENTS = {
    "pathways.hired.v1": (
        "INSERT INTO contracts (person_id, contract_id, structure_id, starts_on, ends_on)"
        " VALUES (%(person_id)s, %(contract_id)s, %(structure_id)s, %(starts_on)s, %(ends_on)s)"
    ),
    "pathways.contract_changed.v1": (
        "UPDATE contracts SET ends_on = %(ends_on)s WHERE person_id = %(person_id)s AND contract_id = %(contract_id)s"
    ),
    "pathways.contract_ended.v1": (
        "UPDATE contracts SET ended_on = %(ended_on)s WHERE person_id = %(person_id)s AND contract_id = %(contract_id)s"
    ),
    "pathways.training_started.v1": (
        "INSERT INTO trainings (person_id, training_id, started_on)"
        " VALUES (%(person_id)s, %(training_id)s, %(started_on)s)"
    ),
    "pathways.training_ended.v1": (
        "UPDATE trainings SET ended_on = %(ended_on)s WHERE person_id = %(person_id)s AND training_id = %(training_id)s"
    ),
}
OTHERWISE = (
    "INSERT INTO others (person_id, type, times) VALUES (%(person_id)s, %(type)s, 1)"
    " ON CONFLICT (person_id, type) DO UPDATE SET times = others.times + 1"
)


@dataclass(frozen=True)
class Lived(DomainEvent):
    type: str
    data: dict[str, Any]


class Lives(Application[UUID]):
    name = "lives"


class Tables(PostgresTrackingRecorder):
    def write(self, statement: str, values: dict[str, Any], tracking: Tracking) -> None:
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            cursor.execute(statement, values)


@dataclass
class Clock:
    """From when the first event is processed until the last is committed. The library's own `wait` looks now and
    then, up to 0.8 s apart, and would make it seem slower than it is."""

    started: float = 0.0
    ended: float = 0.0
    events: int = 0


CLOCK = Clock()


class Rows(Projection[Tables]):
    @singledispatchmethod
    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        raise NotImplementedError

    @process_event.register
    def _(self, domain_event: Lived, tracking: Tracking) -> None:
        CLOCK.started = CLOCK.started or perf_counter()
        values = {"person_id": domain_event.originator_id, "type": domain_event.type, **domain_event.data}
        self.view.write(STATEMENTS.get(domain_event.type, OTHERWISE), values, tracking)
        CLOCK.ended = perf_counter()
        CLOCK.events += 1


def project(database_url: str, events: Iterable[Lived]) -> float:
    """Seconds in which the runner brings its tables up to all of these events, which are recorded before. In a child.
    Raise CheckFailedError where they do not have all of them."""
    environment = _environment(database_url)
    lived = list(events)
    last = _record(Lives(environment), lived)
    with psycopg.connect(database_url) as connection:
        connection.execute(CREATE)
    with ProjectionRunner(application_class=Lives, projection_class=Rows, view_class=Tables, env=environment) as runner:
        runner.wait(last, timeout=GAVE_UP_S)
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join(10)
    expect(CLOCK.events == len(lived), f"the runner has processed {CLOCK.events} of {len(lived)} events")
    _check(database_url, [event.type for event in lived])
    return CLOCK.ended - CLOCK.started


def _check(database_url: str, types: Sequence[str]) -> None:
    """Its tables say that each event was applied once."""
    with psycopg.connect(database_url) as connection:
        found = connection.execute(
            "SELECT (SELECT count(*) FROM contracts), (SELECT count(*) FROM trainings),"
            " (SELECT coalesce(sum(times), 0)::bigint FROM others)"
        ).fetchone()
    counted = Counter(types)
    others = sum(number for name, number in counted.items() if name not in STATEMENTS)
    wanted = (counted["pathways.hired.v1"], counted["pathways.training_started.v1"], others)
    expect(found == wanted, f"the runner's tables hold {found} instead of {wanted}")


def _record(app: Lives, events: list[Lived]) -> int:
    last = 0
    for start in range(0, len(events), AT_ONCE):
        stored = [app.mapper.to_stored_event(event) for event in events[start : start + AT_ONCE]]
        last = max([last, *(app.recorder.insert_events(stored) or ())])
    app.close()
    return last


def _environment(database_url: str) -> dict[str, str]:
    parts = conninfo_to_dict(database_url)
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": str(parts["dbname"]),
        "POSTGRES_HOST": str(parts.get("host", "localhost")),
        "POSTGRES_PORT": str(parts.get("port", "5432")),
        "POSTGRES_USER": str(parts.get("user", "postgres")),
        "POSTGRES_PASSWORD": str(parts.get("password", "unused")),
    }
