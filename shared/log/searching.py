"""Where texts stand in a database: every column of every table is looked through, whoever made it. For proofs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
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


def found_in(connection: Connection[Any], texts: Collection[str], within: str = "") -> list[Found]:
    """By table and column. `within`: with what names of tables begin that are looked through."""
    wanted = forms(texts)
    found: list[Found] = []
    for schema, table, columns in connection.execute(_COLUMNS).fetchall():
        if not f"{schema}.{table}".startswith(within):
            continue
        name = sql.Identifier(schema, table)
        # A table at once, and its columns where something stands in it: nearly always nothing does.
        if searched(_copied(connection, name, columns), wanted, by_themselves=True):
            for column in columns:
                texts_found = searched(_copied(connection, name, [column]), wanted, by_themselves=True)
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


def searched(pieces: Iterable[bytes], wanted: Mapping[bytes, str], *, by_themselves: bool = False) -> set[str]:
    """Which of the texts stand in what comes in pieces. `by_themselves`: as words, in what `COPY` gives or JSON; pages of a
    file put bytes of their own before and behind a value."""
    kept = max(map(len, wanted), default=1) + len(_NOTHING)
    found: set[str] = set()
    end = _NOTHING
    for piece in chain(pieces, [_NOTHING]):
        text = end + piece
        # `in` of bytes, once for each: faster than one look for all of them at once.
        found |= {
            name for form, name in wanted.items() if form in text and not (by_themselves and _is_part(form, name, text))
        }
        end = text[-kept:]
    return found


_NOTHING = bytes(4)
_WORD = frozenset(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-") | frozenset(range(128, 256))
_QUOTES = frozenset(b"\"'")


def _is_part(form: bytes, name: str, text: bytes) -> bool:
    """Whether it stands only in longer words here (`hire-1` in `hire-10`), or, where it is a number, as an amount. An id as
    bytes is no word. One that touches the end is judged with the next piece, which begins with it."""
    if form != name.encode():
        return False
    at = text.find(form)
    while at >= 0:
        behind = at + len(form)
        if at >= len(_NOTHING) and behind < len(text):
            # A value begins behind its length, four bytes of which the first is 0: no text has that.
            begins = text[at - len(_NOTHING)] == 0
            if name.isdigit():
                is_whole = text[at - len(_NOTHING) : at] == len(form).to_bytes(len(_NOTHING), "big")
                if is_whole or (text[at - 1] in _QUOTES and text[behind] in _QUOTES):
                    return False
            elif (begins or text[at - 1] not in _WORD) and text[behind] not in _WORD:
                return False
        at = text.find(form, at + 1)
    return True


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
