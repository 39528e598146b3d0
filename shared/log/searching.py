"""Where texts stand in a database: every column of every table is looked through, whoever made it. For proofs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg import Connection, sql

PIECE = 8 << 20
"""Bytes looked through at once."""


@dataclass(frozen=True, slots=True)
class Found:
    """So many of the texts stand in a column."""

    table: str
    column: str
    texts: int


_COLUMNS = """
SELECT n.nspname, c.relname, array_agg(a.attname::text ORDER BY a.attnum) FROM pg_attribute a
JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm') AND a.attnum > 0 AND NOT a.attisdropped
    AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
GROUP BY 1, 2 ORDER BY 1, 2
"""


def found_in(connection: Connection[Any], texts: Collection[str]) -> list[Found]:
    """By table and column."""
    wanted = forms(texts)
    found: list[Found] = []
    for schema, table, columns in connection.execute(_COLUMNS).fetchall():
        name = sql.Identifier(schema, table)
        # A table at once, and its columns where something stands in it: nearly always nothing does.
        if searched(_copied(connection, name, columns), wanted):
            for column in columns:
                texts_found = searched(_copied(connection, name, [column]), wanted)
                found += [Found(f"{schema}.{table}", column, len(texts_found))] if texts_found else []
    return found


def forms(texts: Iterable[str]) -> dict[bytes, str]:
    """How each text may stand in bytes: as itself, and an id as the 16 bytes of a column of ids."""
    found: dict[bytes, str] = {}
    for text in texts:
        found[text.encode()] = text
        try:
            found[UUID(text).bytes] = text
        except ValueError:
            continue
    return found


def searched(pieces: Iterable[bytes], wanted: Mapping[bytes, str]) -> set[str]:
    """Which of the texts stand in what comes in pieces."""
    longest = max(map(len, wanted), default=1)
    found: set[str] = set()
    end = b""
    for piece in pieces:
        text = end + piece
        # `in` of bytes, once for each: faster than one look for all of them at once.
        found |= {wanted[form] for form in wanted if form in text}
        end = text[-longest + 1 :] if longest > 1 else b""
    return found


def _copied(connection: Connection[Any], table: sql.Identifier, columns: list[str]) -> Iterator[bytes]:
    """The values as the server holds them."""
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    query = sql.SQL("COPY (SELECT {} FROM ONLY {}) TO STDOUT (FORMAT binary)").format(names, table)
    with connection.cursor() as cursor, cursor.copy(query) as copy:
        held = bytearray()
        for data in copy:
            held += data
            if len(held) >= PIECE:
                yield bytes(held)
                held.clear()
        yield bytes(held)
