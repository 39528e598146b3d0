"""Table `access.reads`: who has read what about whom. Every answer about persons has its line, written before it leaves:
no line, no answer.

One table in the database of whoever answers; append-only, since a trigger refuses all but INSERT, and the daily trim that
declares itself. Who asks is noted when a request begins (`begin`), and found again, in the thread that reads too, when
there is an answer (`write`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import psycopg
from fastapi import Request
from psycopg import Connection

from shared.facts.saying import STRUCTURE
from shared.log.arrays import text_array
from shared.process.unavailable import UnavailableError
from shared.rights.caller import Caller
from shared.web.headers import listed
from shared.web.paging import Page
from shared.web.problems import Fault, MalformedError

CREATE = """
CREATE SCHEMA IF NOT EXISTS access;
CREATE TABLE IF NOT EXISTS access.reads (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at timestamptz NOT NULL DEFAULT clock_timestamp(),
    sub text NOT NULL, role text NOT NULL, acting_for text, purpose text NOT NULL, route text NOT NULL,
    persons uuid[] NOT NULL, rows integer NOT NULL);
CREATE INDEX IF NOT EXISTS reads_at ON access.reads USING brin (at);
CREATE OR REPLACE FUNCTION access.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('access.trims', true) = 'on' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'access.reads is append-only' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE OR REPLACE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON access.reads
    FOR EACH STATEMENT EXECUTE FUNCTION access.refuse_change();
"""
"""A BRIN index, which costs an insert nothing: lines come by time, and are looked for by an auditor, seldom."""

IS_MADE = "SELECT to_regclass('access.reads') IS NOT NULL"

PURPOSE = re.compile(r"[A-Za-z0-9_]{1,40}")
CONTINUITY = "pathway_continuity"
_INSERT = (
    "INSERT INTO access.reads (sub, role, acting_for, purpose, route, persons, rows)"
    " VALUES (%s, %s, %s, %s, %s, %s::uuid[], %s)"
)
LONGEST_SUB = 256


@dataclass(slots=True)
class Reading:
    """One request that reads. `route`: its template; `named`: the persons that its address asks about, who are read of even
    where there is no row."""

    sub: str
    role: str
    acting_for: str | None
    purpose: str
    route: str
    named: frozenset[str]


_READING: ContextVar[Reading | None] = ContextVar("parcours_reading", default=None)


def begin(request: Request, caller: Caller) -> None:
    """Note who reads, for the task that answers and the threads it uses. Raise MalformedError for a purpose that is no
    code."""
    route = _template(request)
    names = (request.path_params.get("person_id"), request.query_params.get("person_id"))
    _READING.set(
        Reading(
            sub=caller.sub[:LONGEST_SUB],
            role=caller.role,
            acting_for=STRUCTURE + next(iter(caller.structures)) if len(caller.structures) == 1 else None,
            purpose=_purpose(listed(request.headers, "purpose")),
            route=f"{request.method} {route}",
            named=frozenset(str(name).lower() for name in names if _is_id(name)),
        )
    )


def audited(reason: str, person_id: UUID) -> None:
    """This request looks into the log itself, about one person and for a reason."""
    reading = _READING.get()
    if reading is not None:
        reading.purpose, reading.named = f"audit:{reason}", frozenset([str(person_id)])


def write(connection: Connection[Any], answer: Any) -> None:
    """The line of an answer, where it is about persons; outside of a transaction. Raise UnavailableError where the database
    does not take it."""
    reading = _READING.get()
    if reading is None:
        return
    rows = list(_rows(answer))
    persons = reading.named | {person for row in rows if (person := _person_of(row)) is not None}
    if not persons:
        return
    values = [reading.sub, reading.role, reading.acting_for, reading.purpose, reading.route]
    try:
        connection.execute(_INSERT, [*values, text_array(sorted(persons)), len(rows)])
    except psycopg.OperationalError:
        raise  # it is away, which whoever lent the connection knows how to say
    except psycopg.Error as error:
        raise UnavailableError(reason="reads", detail="the log of reads takes no line") from error


def trim(connection: Connection[Any], before: date) -> int:
    """Forget lines from before a day (Paris), in a transaction; how many. Not for the process that writes them."""
    connection.execute("SELECT set_config('access.trims', 'on', true)")
    return connection.execute(
        "DELETE FROM access.reads WHERE at < %s::timestamp AT TIME ZONE 'Europe/Paris'", [before]
    ).rowcount


def _template(request: Request) -> str:
    """Of the whole address: a route of a router that another takes in knows its own part alone."""
    service = "/".join(request.url.path.split("/")[:3])  # /projections/v1
    path = str(getattr(request.scope.get("route"), "path", ""))
    return path if path.startswith(service) else service + path


def _purpose(text: str) -> str:
    if not text:
        return CONTINUITY
    if not PURPOSE.fullmatch(text):
        raise MalformedError([Fault("/header/Purpose", "bad_purpose", "Purpose is a code such as pathway_continuity")])
    return text


def _rows(answer: Any) -> Iterator[Mapping[str, Any]]:
    """The objects of an answer: itself, and those in its lists."""
    if isinstance(answer, Page):
        yield from (row for row in answer.items if isinstance(row, Mapping))
    elif isinstance(answer, Mapping):
        yield answer
        for part in answer.values():
            if isinstance(part, list | tuple):
                yield from (row for row in part if isinstance(row, Mapping))


def _person_of(row: Mapping[str, Any]) -> str | None:
    person = row.get("person_id")
    if person is None and isinstance(subject := row.get("subject"), str) and subject.startswith("person/"):
        person = subject.removeprefix("person/")
    return str(person) if _is_id(person) else None


def _is_id(value: object) -> bool:
    if isinstance(value, UUID):
        return True
    try:
        return isinstance(value, str) and str(UUID(value)) == value.lower()
    except ValueError:
        return False


def lines(
    connection: Connection[Any], where: Iterable[tuple[str, Any]], after: int | None, limit: int
) -> list[dict[str, Any]]:
    """Lines, the latest first. `where`: conditions with their values; `after`: the number of the line before."""
    conditions = [*where, *([] if after is None else [("number < %s", after)])]
    said = " AND ".join(condition for condition, _ in conditions) or "true"
    rows = connection.execute(
        "SELECT number, at, sub, role, acting_for, purpose, route, cardinality(persons), rows FROM access.reads"
        f" WHERE {said} ORDER BY number DESC LIMIT %s",
        [*(value for _, value in conditions), limit],
    )
    names = ("number", "at", "sub", "role", "acting_for", "purpose", "route", "persons", "rows")
    return [dict(zip(names, row, strict=True)) for row in rows]
