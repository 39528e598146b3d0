"""Table `access.reads`: a line for every answer about persons. One in the database of whoever answers; services that share
a database share it, and tell their lines apart by their routes.

Append-only: a trigger refuses all but INSERT, the daily trim and the forgetting of persons, which declare themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from time import monotonic
from typing import Any
from uuid import UUID

import psycopg
import structlog
from psycopg import Connection

from shared.facts.fact import paris_day
from shared.facts.months import months_after
from shared.log.arrays import text_array
from shared.log.held import Rows, growing
from shared.process.embedded import connect_options
from shared.process.unavailable import UnavailableError

log = structlog.get_logger(__name__)

_GUARD = """
CREATE OR REPLACE FUNCTION access.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('access.trims', true) = 'on'
        OR TG_OP = 'UPDATE' AND current_setting('access.forgets', true) = 'on' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'access.reads is append-only' USING ERRCODE = 'insufficient_privilege';
END $$;
"""
_CREATE = f"""
CREATE SCHEMA IF NOT EXISTS access;
CREATE TABLE IF NOT EXISTS access.reads (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at timestamptz NOT NULL DEFAULT clock_timestamp(),
    sub text NOT NULL, role text NOT NULL, acting_for text, purpose text NOT NULL, route text NOT NULL,
    persons uuid[] NOT NULL, rows integer NOT NULL);
CREATE INDEX IF NOT EXISTS reads_at ON access.reads USING brin (at);
{_GUARD}
CREATE OR REPLACE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON access.reads
    FOR EACH STATEMENT EXECUTE FUNCTION access.refuse_change();
"""
"""A BRIN index, which costs an insert nothing: lines come by time, and are looked for by an auditor, seldom."""

_IS_MADE = "SELECT to_regclass('access.reads') IS NOT NULL"
_GUARD_TO_MEND = """
SELECT FROM pg_proc WHERE oid = to_regproc('access.refuse_change') AND prosrc NOT LIKE '%access.forgets%'
    AND pg_has_role(proowner, 'USAGE')
"""
"""Of before persons could be forgotten in it, where whoever asks may change it."""
_FORGET = """
WITH forgotten (person, instead) AS (SELECT * FROM unnest(%(persons)s::uuid[], %(instead)s::uuid[])),
touched AS (
    SELECT DISTINCT number FROM access.reads CROSS JOIN unnest(persons) AS one (person) JOIN forgotten USING (person)
    WHERE at >= CASE WHEN %(recent)s THEN now() - interval '10 minutes' ELSE '-infinity' END)
UPDATE access.reads AS lines SET persons = ARRAY(
    SELECT coalesce(instead, person) FROM unnest(lines.persons) AS one (person) LEFT JOIN forgotten USING (person) ORDER BY 1)
FROM touched WHERE lines.number = touched.number
"""
_INSERT = "INSERT INTO access.reads (sub, role, acting_for, purpose, route, persons, rows) VALUES "
_ROW = "(%s, %s, %s, %s, %s, %s::uuid[], %s)"
TRIM_EVERY_S = 86_400.0
"""How often lines are forgotten that are older than the months kept."""


@dataclass(frozen=True, slots=True)
class Line:
    """`route`: method and template of the address; `rows`: objects that the answer held."""

    sub: str
    role: str
    acting_for: str | None
    purpose: str
    route: str
    persons: Sequence[str]
    rows: int


def create(connection: Connection[Any]) -> None:
    """Make the table where it is missing, in a transaction. Where somebody made it, whoever answers need not own it."""
    if connection.execute(_IS_MADE).fetchall() == [(True,)]:
        if connection.execute(_GUARD_TO_MEND).fetchall():
            connection.execute("SELECT pg_advisory_xact_lock(hashtext('parcours schema'))")
            connection.execute(_GUARD)
        return
    # IF NOT EXISTS is no lock: two that find nothing both make it, and one of them fails.
    connection.execute("SELECT pg_advisory_xact_lock(hashtext('parcours schema'))")
    connection.execute(_CREATE, prepare=False)


def add(connection: Connection[Any], lines: Sequence[Line]) -> None:
    """Outside of a transaction, so that all are kept when this returns. Raise UnavailableError where the database takes none
    of them."""
    values = [
        value
        for line in lines
        for value in (
            line.sub,
            line.role,
            line.acting_for,
            line.purpose,
            line.route,
            text_array(line.persons),
            line.rows,
        )
    ]
    try:
        connection.execute(_INSERT + ", ".join([_ROW] * len(lines)), values)
    except psycopg.OperationalError:
        raise  # it is away, which whoever lent the connection knows how to say
    except psycopg.Error as error:
        raise UnavailableError(reason="reads", detail="the log of reads takes no line") from error


def of_service(service: str) -> tuple[str, Any]:
    """The condition for the lines of one service's answers, with its value: the first part of their address."""
    return "split_part(route, '/', 2) = %s", service


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


def trim(connection: Connection[Any], before: date) -> int:
    """Forget lines from before a day (Paris), in a transaction; how many."""
    connection.execute("SELECT set_config('access.trims', 'on', true)")
    return connection.execute(
        "DELETE FROM access.reads WHERE at < %s::timestamp AT TIME ZONE 'Europe/Paris'", [before]
    ).rowcount


def forget(connection: Connection[Any], instead: Mapping[UUID, UUID], *, recent: bool = False) -> int:
    """Have other ids stand for those of some persons, in a transaction; of how many lines. `recent`: of the last ten minutes
    alone. Nothing where there is no table."""
    if connection.execute(_IS_MADE).fetchall() != [(True,)]:
        return 0
    connection.execute("SELECT set_config('access.forgets', 'on', true)")
    values = {"persons": list(instead), "instead": list(instead.values()), "recent": recent}
    return connection.execute(_FORGET, values).rowcount


class DailyTrim:
    """Forgets what is older than the months kept in some databases, once a day, whenever it is called. For a process that
    answers nobody: who answers may add lines, and take none away."""

    def __init__(
        self, database_urls: Iterable[str], months: int, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._urls = sorted(set(database_urls))
        self._months = months
        self._now = now
        self._next_at = float("-inf")

    def __call__(self) -> None:
        """Whoever calls has other work, which lines that grow old keep from nothing: what fails is told and tried again."""
        if monotonic() < self._next_at:
            return
        self._next_at = monotonic() + TRIM_EVERY_S
        before = months_after(paris_day(self._now()), -self._months)
        for url in self._urls:
            try:
                with psycopg.connect(url, **connect_options("trim of reads")) as connection:
                    if connection.execute(_IS_MADE).fetchall() == [(True,)]:
                        trim(connection, before)
            except psycopg.Error as error:
                log.warning("reads_not_trimmed", before=before.isoformat(), error=str(error).strip())


def held(service: str) -> Rows:
    """Who has read of a person in this service's answers, the latest first: for which structure or role and why. Not under
    whose name, which an auditor looks for, nor of whom else the same answer told."""
    return Rows(
        "access.reads",
        f"access.reads WHERE persons && %(ids)s::uuid[] AND split_part(route, '/', 2) = '{service}'",
        "jsonb_build_object('at', at, 'role', role, 'acting_for', acting_for, 'purpose', purpose, 'route', route)",
        growing("9000000000000000000 - number"),
    )
