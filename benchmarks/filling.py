"""Millions of facts and rows put straight into the tables, by the server itself: for rows that show cost against size.

A few persons are made as everybody is; then they are multiplied in SQL. Every fact of the log is the one that
`benchmarks.lives` tells of its person, as if each had come over HTTP.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from typing import Any

import psycopg
from psycopg import Connection, sql

from benchmarks.figures import expect
from benchmarks.lives import SERVICE, life, record
from shared.log.store import FactStore

FIRST = 0x0100_0000
"""The first of these persons. So large that its eight hexadecimal digits stand nowhere but in ids of its own."""
BASE = 2_000
"""Persons made by hand; a multiple of 400, so that lives of the same place in two copies fall on the same days."""

NUMBERED = """
CREATE FUNCTION person_of(subject text) RETURNS bigint IMMUTABLE LANGUAGE sql AS
    $$ SELECT ('x' || right(subject, 12))::bit(48)::bigint $$;
CREATE FUNCTION hex(number bigint, digits int) RETURNS text IMMUTABLE LANGUAGE sql AS
    $$ SELECT lpad(to_hex(number), digits, '0') $$;
"""
FACTS = """
INSERT INTO pathways.facts (originator_id, originator_version, topic, state)
SELECT 'person/00000000-0000-4000-8000-' || hex(new, 12), originator_version, topic,
    convert_to(replace(replace(replace(convert_from(state, 'UTF8'),
        '-8000-' || hex(old, 12), '-8000-' || hex(new, 12)),
        hex(old, 8) || '-', hex(new, 8) || '-'),
        '"id":"' || old || '-', '"id":"' || new || '-'), 'UTF8')
FROM (SELECT *, person_of(originator_id) AS old, person_of(originator_id) + %(persons)s AS new
      FROM pathways.facts WHERE notification_id <= %(base)s) AS told
ORDER BY notification_id
"""
INTAKE = """
INSERT INTO pathways.intake (source, id, digest, position, recordedtime, effects, warnings)
SELECT source, (split_part(id, '-', 1)::bigint + %(persons)s) || '-' || split_part(id, '-', 2), digest,
    position + %(facts)s, recordedtime, effects, warnings
FROM pathways.intake WHERE position <= %(base)s
"""
HISTORY = """
INSERT INTO projections.history (subject, service, sequence, streamversion, id, type, envelope)
SELECT originator_id, 'pathways', notification_id, originator_version,
    person_of(originator_id) || '-' || originator_version, topic,
    convert_to('{"sequence":' || notification_id || ',"streamversion":' || originator_version || ',', 'UTF8')
    || substring(state FROM 2)
FROM pathways.facts WHERE notification_id > %(after)s AND notification_id <= %(through)s
"""
SUBJECTS = """
INSERT INTO projections.subjects (subject, root, version)
SELECT originator_id, originator_id, count(*) FROM pathways.facts GROUP BY 1
"""
FOLDED = """
INSERT INTO "read_1".folded (root, version)
SELECT root, version FROM projections.subjects ON CONFLICT DO NOTHING
"""


def log_of_millions(url: str, millions: float) -> int:
    """A log of about so many million facts, with everything that recording them leaves. Return how many persons."""
    store = FactStore(url, SERVICE)
    store.create()
    base = record(store, chain.from_iterable(life(FIRST + place) for place in range(BASE)))
    copies = max(round(millions * 1_000_000 / base), 1)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(NUMBERED)
        with without_indexes(connection, "pathways.facts"), without_indexes(connection, "pathways.intake"):
            for number in range(1, copies):
                with connection.transaction():
                    made = {"base": base, "persons": number * BASE, "facts": number * base}
                    connection.execute(FACTS, made)
                    connection.execute(INTAKE, made)
                _tell("facts recorded", (number + 1) * base, copies * base)
        connection.execute("VACUUM (FREEZE, ANALYZE) pathways.facts, pathways.intake")
        connection.execute("CHECKPOINT")
    expect(store.last_sequence() == copies * base, f"the log ends at {store.last_sequence()}, not at {copies * base}")
    store.close()
    return copies * BASE


def histories_of_log(connection: Connection[Any], facts: int) -> None:
    """What the projector would keep of this log. Nobody is dirty."""
    for after in range(0, facts, 500_000):
        with connection.transaction():
            connection.execute(HISTORY, {"after": after, "through": min(after + 500_000, facts)})
        _tell("facts kept", min(after + 500_000, facts), facts)
    connection.execute(SUBJECTS)
    connection.execute(FOLDED)
    connection.execute("VACUUM (FREEZE, ANALYZE)")
    connection.execute("CHECKPOINT")


@contextmanager
def without_indexes(connection: Connection[Any], table: str) -> Iterator[None]:
    """Its indexes and keys are dropped, and made again at the end: a table is filled several times faster so."""
    keys = connection.execute(
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = %s::regclass"
        " AND contype IN ('p', 'u')",
        [table],
    ).fetchall()
    indexes = connection.execute(
        "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = %s::regclass"
        " AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)",
        [table],
    ).fetchall()
    for name, _ in keys:
        connection.execute(sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(sql.SQL(table), sql.Identifier(name)))
    for name, _ in indexes:
        connection.execute(f"DROP INDEX {name}")
    yield
    for name, made in keys:
        connection.execute(
            sql.SQL("ALTER TABLE {} ADD CONSTRAINT {} {}").format(sql.SQL(table), sql.Identifier(name), sql.SQL(made))
        )
    for _, made in indexes:
        connection.execute(made)


def multiply_rows(connection: Connection[Any], schema: str, tables: Sequence[str], copies: int) -> None:
    """So many more of every row of these tables, each copy with people, structures and groups of its own."""
    connection.execute(MAPPING)
    for done, table in enumerate(tables, start=1):
        name = f'"{schema}".{table}'
        columns = connection.execute(
            "SELECT attname, format_type(atttypid, NULL) FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0"
            " AND NOT attisdropped AND attgenerated = ''",
            [name],
        ).fetchall()
        with connection.transaction(), without_indexes(connection, name):
            connection.execute(f"CREATE TEMP TABLE template ON COMMIT DROP AS TABLE {name}")
            named = ", ".join(f'"{column}"' for column, _ in columns)
            mapped = ", ".join(_mapped(column, kind) for column, kind in columns)
            connection.execute(
                f"INSERT INTO {name} ({named}) SELECT {mapped} FROM template, generate_series(1, {copies}) AS copy"
            )
        _tell(f"tables of {schema} filled", done, len(tables))


MAPPING = """
CREATE OR REPLACE FUNCTION other(id uuid, copy int) RETURNS uuid IMMUTABLE STRICT LANGUAGE sql AS $$
    SELECT CASE WHEN substring(id::text FROM 15 FOR 4) = '4000'
        THEN overlay(id::text PLACING '4' || lpad(to_hex(copy), 3, '0') FROM 15 FOR 4)::uuid
        ELSE md5(id::text || copy)::uuid END $$;
CREATE OR REPLACE FUNCTION other(ids uuid[], copy int) RETURNS uuid[] IMMUTABLE STRICT LANGUAGE sql AS $$
    SELECT array_agg(other(id, copy)) FROM unnest(ids) AS id $$;
"""


def _mapped(column: str, kind: str) -> str:
    if kind in ("uuid", "uuid[]"):
        return f'other("{column}", copy)'
    if column in ("root", "subject"):
        return f"replace(\"{column}\", '-4000-', '-4' || lpad(to_hex(copy), 3, '0') || '-')"
    return f'"{column}"'


def _tell(what: str, done: int, total: int) -> None:
    if sys.stderr.isatty() or done == total:
        print(f"\r  {what}: {done:,} of {total:,}", end="\n" if done == total else "", file=sys.stderr, flush=True)
