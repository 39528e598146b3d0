"""The event store of one service: `eventsourcing`'s PostgreSQL recorder, with its own way of inserting.

One schema per service. Table `facts` is the recorder's (and the outbox: `notification_id` is the service's sequence);
`intake` keeps one row per event for ever: digest and answer, so that a retry finds the first answer.

Inserts are one plain transaction under an advisory lock of the service, so the log's order is the commit order (a
reader that follows it misses nothing) without the library's table lock, which fights VACUUM. No pipeline and no hidden
retries: see docs/adr/0003.
"""

from __future__ import annotations

import asyncio
import json
import os
import select
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar, cast
from weakref import WeakSet

import psycopg
from eventsourcing.persistence import StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore
from psycopg import Connection, sql
from psycopg_pool import ConnectionPool, PoolTimeout

from shared.facts.fact import Recorded, printed, wire
from shared.process.unavailable import UnavailableError

CONNECT_TIMEOUT_S = 1.5
LOCK_TIMEOUT_MS = 1_500
ANSWER_S = 1.8
"""Seconds after which a database that keeps silent counts as away."""

ATTEMPTS = 6
"""How often a group that meets a conflict is loaded and decided again: each time somebody else has got on."""

CONNECTIONS = 8
AT_ONCE = 2_000
"""Facts of one statement: a large commit gives a sign of life between them."""

T = TypeVar("T")


class ConflictError(Exception):
    """Somebody else recorded first (another process of this service): load again and decide again."""


@dataclass(frozen=True, slots=True)
class FirstAnswer:
    """What was answered when the event was recorded; the same for ever."""

    digest: bytes
    sequence: int
    streamversion: int | None
    recordedtime: str
    effects: list[dict[str, str]]


@dataclass(frozen=True, slots=True)
class NewFact:
    """A decided fact, ready but for what only the commit knows (`recordedtime`, `sequence`)."""

    fact: Recorded
    data: bytes
    digest: bytes
    effects: tuple[NewFact, ...] = ()
    claims: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Deadline:
    """Something a service will have to record about a subject on a day (Paris). `kind` tells several apart."""

    kind: str
    due_on: date


Deadlines = Mapping[str, Sequence[Deadline]]
"""By subject, all that is due about it; they take the place of those known before."""

DeadlinesOf = Callable[[Sequence[Recorded]], Sequence[Deadline]]
"""What will be due about a subject, from its standing facts."""


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One fact of the log, as stored."""

    sequence: int
    subject: str
    streamversion: int
    type: str
    state: bytes

    @property
    def wire(self) -> bytes:
        return wire(self.state, self.sequence, self.streamversion)


def state_of(fact: Recorded, data: bytes, recordedtime: str) -> bytes:
    """The stored form: the CloudEvent without `sequence` and `streamversion`, which are columns."""
    extensions = {
        name: value
        for name in ("replaces", "correlationid", "causationid")
        if (value := getattr(fact, name)) is not None
    }
    envelope = {
        "specversion": "1.0",
        "id": fact.id,
        "source": fact.source,
        "type": fact.type,
        "subject": fact.subject,
        "time": fact.time.isoformat(),
        "datacontenttype": "application/json",
        **extensions,
        "recordedtime": recordedtime,
    }
    return json.dumps(envelope, ensure_ascii=False, separators=(",", ":"))[:-1].encode() + b',"data":' + data + b"}"


def text_array(values: Sequence[str]) -> str:
    """A PostgreSQL `text[]` literal: building it by hand costs a fifth of psycopg's dumping of a list."""
    return "{" + ",".join([f'"{_escaped(value)}"' for value in values]) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"') if "\\" in value or '"' in value else value


def integer_array(values: Sequence[int]) -> str:
    return "{" + ",".join(map(str, values)) + "}"


class FactStore(PostgresApplicationRecorder):
    """Facts, intake rows and the log of one service."""

    def __init__(self, database_url: str, service: str) -> None:
        self._connections: WeakSet[Connection[Any]] = WeakSet()
        datastore = PostgresDatastore("", "", "", "", "", schema=service, originator_id_type="text")
        datastore.pool = cast(Any, _pool(database_url, self._configure))
        self.service = service
        self.database_url = database_url
        super().__init__(datastore, events_table_name="facts")
        self.channel_name = f"{service}_facts"
        self._statements = _Statements(service)
        # Threads of its own: those of the event loop go on parsing while a silent database holds all of these.
        self._askers = ThreadPoolExecutor(CONNECTIONS, f"store-{service}")

    def _configure(self, connection: Connection[Any]) -> None:
        # A plan prepared on an empty table stays bad for ever; statements here are few and cheap to plan.
        connection.execute("SET plan_cache_mode = force_custom_plan")
        self._connections.add(connection)

    def create(self) -> None:
        """Make the schema where it is missing. Several processes may do so at once."""
        with self.connection() as connection, connection.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(hashtext('parcours schema'))")
            connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(self.service)))
            for statement in self.sql_create_statements:
                if _is_table_or_index(statement.as_string()):
                    connection.execute(statement)
            connection.execute(self._statements.create)

    @contextmanager
    def connection(self) -> Iterator[Connection[Any]]:
        """A pooled connection. Raise UnavailableError where the database cannot be reached."""
        try:
            with self.datastore.pool.connection(timeout=CONNECT_TIMEOUT_S) as connection:
                yield connection
        except psycopg.errors.ProgramLimitExceeded:
            raise  # psycopg calls it operational; what is too large for the database stays so
        except (PoolTimeout, psycopg.OperationalError, psycopg.InterfaceError) as error:
            raise UnavailableError(reason="database") from error

    async def ask(self, question: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        """From an event loop: what `question` finds in the database, or UnavailableError when that takes too long."""
        answer = asyncio.get_running_loop().run_in_executor(self._askers, lambda: question(*args, **kwargs))
        try:
            return await asyncio.wait_for(answer, ANSWER_S)
        except TimeoutError as error:
            raise UnavailableError(reason="database") from error

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int]:
        """Insert under the service's lock; `kwargs["before"]` may finish the events and `["after"]` add rows."""
        raise NotImplementedError("facts are recorded with `record`, which writes their intake rows too")

    def record(
        self,
        facts: Sequence[NewFact],
        now: Callable[[], datetime],
        alive: Callable[[], None] = lambda: None,
        deadlines: Deadlines | None = None,
    ) -> list[Recorded]:
        """Record facts and their effects with their intake rows, claims and deadlines, all or nothing, and give them
        back as recorded.

        `alive` is called whenever the database has answered. Raise ConflictError where a stream moved or an id or a
        claim was taken meanwhile, UnavailableError without database.
        """
        flat = [one for fact in facts for one in (fact, *fact.effects)]
        sequences: list[int] = []
        with self.connection() as connection, self._turn(connection) as last:
            recordedtime = max(now(), last) if last else now()
            for start in range(0, len(flat), AT_ONCE):
                part = flat[start : start + AT_ONCE]
                sequences += self._insert_facts(connection, part, printed(recordedtime))
                alive()
            positions = _positions(flat, sequences)
            for start in range(0, len(flat), AT_ONCE):
                end = start + AT_ONCE
                self._insert_intake(connection, flat[start:end], positions[start:end], recordedtime)
                alive()
            self._insert_claims(connection, facts)
            if deadlines:
                self._replace_deadlines(connection, deadlines)
        return [
            one.fact.model_copy(update={"sequence": sequence, "recordedtime": recordedtime})
            for one, sequence in zip(flat, sequences, strict=True)
        ]

    @contextmanager
    def _turn(self, connection: Connection[Any]) -> Iterator[datetime | None]:
        """One transaction under the service's lock; gives the instant of the last fact, before which none may be
        recorded. Left by an error, the pool rolls it back."""
        cursor = connection.execute(self._statements.begin, prepare=False)  # four commands in one round trip
        while cursor.nextset():
            pass
        row = cursor.fetchone()
        yield datetime.fromisoformat(json.loads(row[0])["recordedtime"]) if row else None
        connection.execute(self._statements.commit, prepare=False)

    def _insert_facts(self, connection: Connection[Any], facts: Sequence[NewFact], recordedtime: str) -> list[int]:
        arrays = (
            text_array([one.fact.subject for one in facts]),
            integer_array([one.fact.streamversion for one in facts]),
            text_array([one.fact.type for one in facts]),
            text_array([state_of(one.fact, one.data, recordedtime).decode() for one in facts]),
        )
        try:
            return [row[0] for row in connection.execute(self._statements.insert_facts, arrays)]
        except psycopg.errors.UniqueViolation as error:
            raise ConflictError(error.diag.constraint_name) from error

    def _insert_intake(
        self,
        connection: Connection[Any],
        facts: Sequence[NewFact],
        positions: Sequence[int],
        recordedtime: datetime,
    ) -> None:
        arrays = (
            recordedtime,
            text_array([one.fact.source for one in facts]),
            text_array([one.fact.id for one in facts]),
            text_array([one.digest.hex() for one in facts]),
            integer_array(positions),
            text_array([json.dumps(effects_of(one)) if one.effects else "[]" for one in facts]),
        )
        try:
            connection.execute(self._statements.insert_intake, arrays)
        except psycopg.errors.UniqueViolation as error:
            raise ConflictError(error.diag.constraint_name) from error

    def _insert_claims(self, connection: Connection[Any], facts: Sequence[NewFact]) -> None:
        claims = [(claim, one.fact.subject) for one in facts for claim in one.claims]
        if not claims:
            return
        arrays = (text_array([claim for claim, _ in claims]), text_array([subject for _, subject in claims]))
        try:
            connection.execute(self._statements.insert_claims, arrays)
        except psycopg.errors.UniqueViolation as error:
            raise ConflictError(error.diag.constraint_name) from error

    def _replace_deadlines(self, connection: Connection[Any], deadlines: Deadlines) -> None:
        rows = [(subject, one) for subject, its in deadlines.items() for one in its]
        connection.execute(self._statements.delete_deadlines, [text_array(list(deadlines))])
        connection.execute(
            self._statements.insert_deadlines,
            [
                text_array([subject for subject, _ in rows]),
                text_array([one.kind for _, one in rows]),
                text_array([one.due_on.isoformat() for _, one in rows]),
            ],
        )

    def replace_deadlines(self, deadlines: Deadlines, versions: Mapping[str, int]) -> None:
        """For deadlines that change though nothing is recorded (a rule's table did). A subject that has moved past the
        version its deadlines were computed from is left alone: whoever recorded has written them."""
        with self.connection() as connection, self._turn(connection):
            moved = connection.execute(
                self._statements.moved, [text_array(list(versions)), integer_array(list(versions.values()))]
            )
            stale = {row[0] for row in moved}
            current = {name: its for name, its in deadlines.items() if name not in stale}
            self._replace_deadlines(connection, current)

    def deadlines(self, subjects: Sequence[str]) -> dict[str, set[Deadline]]:
        """What is due about each of these, as it is written."""
        found: dict[str, set[Deadline]] = {subject: set() for subject in subjects}
        with self.connection() as connection:
            for subject, kind, due_on in connection.execute(self._statements.deadlines, [text_array(list(subjects))]):
                found[subject].add(Deadline(kind, due_on))
        return found

    def subjects(self, after: str, limit: int) -> list[str]:
        """Everybody of whom anything is recorded or due, in order, after the one given."""
        with self.connection() as connection:
            rows = connection.execute(self._statements.subjects, {"after": after, "limit": limit})
            return [row[0] for row in rows]

    def note_read(self, sequences: Mapping[str, int]) -> None:
        """That this service may act on facts of others up to these sequences, before it does."""
        arrays = (text_array(list(sequences)), integer_array(list(sequences.values())))
        with self.connection() as connection:
            connection.execute(self._statements.note_read, arrays)

    def read_up_to(self) -> dict[str, int]:
        """Per service, the highest sequence this one ever acted on."""
        with self.connection() as connection:
            return dict(connection.execute(self._statements.read_up_to).fetchall())

    def due(self, day: date, after: str, limit: int) -> list[str]:
        """Subjects about which something is due by `day`, in order, after the one given."""
        with self.connection() as connection:
            return [row[0] for row in connection.execute(self._statements.due, [day, after, limit])]

    def count_due(self, day: date) -> int:
        with self.connection() as connection:
            row = connection.execute(self._statements.count_due, [day]).fetchone()
        return int(row[0]) if row else 0

    def is_claimed(self, claim: str) -> bool:
        with self.connection() as connection:
            return connection.execute(self._statements.is_claimed, [claim]).fetchone() is not None

    def highest_claim(self, prefix: str) -> str | None:
        """The last claim, byte by byte, of those that begin so and go on with digits."""
        with self.connection() as connection:
            row = connection.execute(self._statements.highest_claim, [prefix, prefix]).fetchone()
        return row[0] if row else None

    def first_answers(self, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], FirstAnswer]:
        """The first answer of each (source, id) that was ever recorded."""
        arrays = (text_array([source for source, _ in keys]), text_array([name for _, name in keys]))
        with self.connection() as connection:
            rows = connection.execute(self._statements.first_answers, arrays).fetchall()
        return {
            (source, name): FirstAnswer(bytes(digest), position, version, printed(recordedtime), effects)
            for source, name, digest, position, version, recordedtime, effects in rows
        }

    def tails(self, versions: Mapping[str, int]) -> list[LogEntry]:
        """The facts of each subject after the version given, in stream order, in one query."""
        arrays = (text_array(list(versions)), integer_array(list(versions.values())))
        with self.connection() as connection:
            return [_entry(row) for row in connection.execute(self._statements.tails, arrays)]

    def log(
        self, after: int, limit: int, *, subject: str | None = None, type_name: str | None = None
    ) -> list[LogEntry]:
        """Up to `limit` facts recorded after the position `after`, in the order of the log."""
        query, parameters = self._statements.log(after, limit, subject, type_name)
        with self.connection() as connection:
            return [_entry(row) for row in connection.execute(query, parameters)]

    def last_sequence(self) -> int:
        with self.connection() as connection:
            row = connection.execute(self._statements.last_sequence).fetchone()
        return int(row[0]) if row else 0

    def close(self) -> None:
        """Whoever still waits for a silent database is freed: its connections are cut."""
        self._askers.shutdown(wait=False, cancel_futures=True)
        for connection in list(self._connections):
            _cut(connection)
        self.datastore.close()


def _positions(facts: Sequence[NewFact], sequences: Sequence[int]) -> list[int]:
    """The sequence of the last fact that each brought about; effects stand right behind their cause."""
    return [sequences[place + len(one.effects)] for place, one in enumerate(facts)]


def effects_of(fact: NewFact) -> list[dict[str, str]]:
    """What else was recorded because of a fact, as its answer lists it."""
    return [{"id": effect.fact.id, "type": effect.fact.type} for effect in fact.effects]


def _entry(row: Sequence[Any]) -> LogEntry:
    sequence, subject, version, name, state = row
    return LogEntry(sequence, subject, version, name, bytes(state))


def _pool(database_url: str, configure: Callable[[Connection[Any]], None]) -> ConnectionPool[Connection[Any]]:
    return ConnectionPool(
        database_url,
        kwargs={"autocommit": True, "connect_timeout": 2, "keepalives_idle": 5, "tcp_user_timeout": 5_000},
        min_size=1,
        max_size=CONNECTIONS,
        open=False,
        configure=configure,
        check=_check,
        timeout=CONNECT_TIMEOUT_S,
        reconnect_timeout=5,
    )


def _check(connection: Connection[Any]) -> None:
    """Raise where the server has ended the connection. An idle one hears nothing, so that most need no round trip."""
    ears = select.poll()
    ears.register(connection.fileno(), select.POLLIN)
    if ears.poll(0):
        ConnectionPool.check_connection(connection)


def _cut(connection: Connection[Any]) -> None:
    with suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(connection.fileno())) as end:
        end.shutdown(socket.SHUT_RDWR)


def _is_table_or_index(statement: str) -> bool:
    return "CREATE TABLE" in statement or "CREATE UNIQUE INDEX" in statement


class _Statements:
    """The SQL of one service's schema."""

    def __init__(self, service: str) -> None:
        names = {
            "facts": sql.Identifier(service, "facts"),
            "intake": sql.Identifier(service, "intake"),
            "claims": sql.Identifier(service, "claims"),
            "deadlines": sql.Identifier(service, "deadlines"),
            "read_up_to": sql.Identifier(service, "read_up_to"),
            "channel": sql.Identifier(f"{service}_facts"),
            "timeout": sql.Literal(f"{LOCK_TIMEOUT_MS}ms"),
            "lock_name": sql.Literal(f"parcours {service}"),
        }

        def statement(text: str) -> bytes:
            return sql.SQL(text).format(**names).as_bytes()

        self._statement = statement
        self.create = statement(
            """
            CREATE TABLE IF NOT EXISTS {intake} (
                source text, id text, digest bytea NOT NULL, position bigint NOT NULL,
                recordedtime timestamptz NOT NULL, effects jsonb NOT NULL,
                PRIMARY KEY (source, id));
            CREATE TABLE IF NOT EXISTS {claims} (claim text COLLATE "C" PRIMARY KEY, subject text NOT NULL);
            CREATE TABLE IF NOT EXISTS {deadlines} (
                subject text, kind text, due_on date NOT NULL, PRIMARY KEY (subject, kind, due_on));
            CREATE INDEX IF NOT EXISTS deadlines_due ON {deadlines} (due_on);
            CREATE TABLE IF NOT EXISTS {read_up_to} (service text PRIMARY KEY, sequence bigint NOT NULL);
            """
        )
        self.insert_claims = statement("INSERT INTO {claims} SELECT * FROM unnest(%s::text[], %s::text[])")
        self.is_claimed = statement("SELECT 1 FROM {claims} WHERE claim = %s")
        # ':' stands right behind '9'. The collation is said here too: a table restored by hand may have lost it.
        self.highest_claim = statement(
            'SELECT max(claim COLLATE "C") FROM {claims}'
            """ WHERE claim COLLATE "C" > %s::text AND claim COLLATE "C" < %s::text || ':'"""
        )
        self.delete_deadlines = statement("DELETE FROM {deadlines} WHERE subject = ANY(%s::text[])")
        self.insert_deadlines = statement(
            "INSERT INTO {deadlines} SELECT * FROM unnest(%s::text[], %s::text[], %s::date[]) ON CONFLICT DO NOTHING"
        )
        self.deadlines = statement("SELECT subject, kind, due_on FROM {deadlines} WHERE subject = ANY(%s::text[])")
        self.moved = statement(
            """
            SELECT subject FROM unnest(%s::text[], %s::bigint[]) AS asked (subject, version)
            WHERE EXISTS (SELECT FROM {facts} WHERE originator_id = subject AND originator_version > version)
            """
        )
        self.subjects = statement(
            """
            SELECT subject FROM (
                (SELECT DISTINCT originator_id AS subject FROM {facts} WHERE originator_id > %(after)s
                    ORDER BY 1 LIMIT %(limit)s)
                UNION
                (SELECT DISTINCT subject FROM {deadlines} WHERE subject > %(after)s ORDER BY 1 LIMIT %(limit)s)
            ) AS both_tables
            ORDER BY 1 LIMIT %(limit)s
            """
        )
        self.note_read = statement(
            """
            INSERT INTO {read_up_to} AS known SELECT * FROM unnest(%s::text[], %s::bigint[])
            ON CONFLICT (service) DO UPDATE SET sequence = excluded.sequence WHERE known.sequence < excluded.sequence
            """
        )
        self.read_up_to = statement("SELECT service, sequence FROM {read_up_to}")
        self.due = statement(
            "SELECT DISTINCT subject FROM {deadlines} WHERE due_on <= %s AND subject > %s ORDER BY subject LIMIT %s"
        )
        self.count_due = statement("SELECT count(DISTINCT subject) FROM {deadlines} WHERE due_on <= %s")
        self.begin = statement(
            """
            BEGIN;
            SET LOCAL lock_timeout = {timeout};
            SELECT pg_advisory_xact_lock(hashtextextended({lock_name}, 0));
            SELECT convert_from(state, 'UTF8') FROM {facts} ORDER BY notification_id DESC LIMIT 1
            """
        )
        self.commit = statement("NOTIFY {channel}; COMMIT")
        self.last_sequence = statement("SELECT coalesce(max(notification_id), 0) FROM {facts}")
        self.insert_facts = statement(
            """
            INSERT INTO {facts} (originator_id, originator_version, topic, state)
            SELECT subject, version, type, convert_to(state, 'UTF8')
            FROM unnest(%s::text[], %s::bigint[], %s::text[], %s::text[]) AS new (subject, version, type, state)
            RETURNING notification_id
            """
        )
        self.insert_intake = statement(
            """
            INSERT INTO {intake} (source, id, digest, position, effects, recordedtime)
            SELECT source, id, decode(digest, 'hex'), position, effects::jsonb, %s
            FROM unnest(%s::text[], %s::text[], %s::text[], %s::bigint[], %s::text[])
                AS new (source, id, digest, position, effects)
            """
        )
        self.first_answers = statement(
            """
            SELECT source, id, digest, position,
                (SELECT originator_version FROM {facts} WHERE notification_id = position), recordedtime, effects
            FROM {intake} JOIN unnest(%s::text[], %s::text[]) AS asked (source, id) USING (source, id)
            """
        )
        self.tails = statement(
            """
            SELECT notification_id, originator_id, originator_version, topic, state
            FROM unnest(%s::text[], %s::bigint[]) AS asked (subject, version)
            JOIN {facts} ON originator_id = subject AND originator_version > version
            ORDER BY originator_id, originator_version
            """
        )

    def log(self, after: int, limit: int, subject: str | None, type_name: str | None) -> tuple[bytes, list[Any]]:
        conditions, parameters = ["notification_id > %s"], [after]
        for column, value in (("originator_id", subject), ("topic", type_name)):
            if value is not None:
                conditions.append(f"{column} = %s")
                parameters.append(value)  # type: ignore[arg-type]
        query = (
            "SELECT notification_id, originator_id, originator_version, topic, state FROM {facts} WHERE "
            + " AND ".join(conditions)
            + " ORDER BY notification_id LIMIT %s"
        )
        return self._statement(query), [*parameters, limit]
