"""What is held of one person, place by place: for whoever asks for everything (GDPR article 15). A place is a table, or what is
reckoned of several."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from psycopg import Connection

from shared.log.arrays import text_array


@dataclass(frozen=True, slots=True)
class Ids:
    """All subjects that the person has: `person/<uuid>`."""

    subjects: Sequence[str]

    @property
    def bare(self) -> list[str]:
        return [subject.removeprefix("person/") for subject in self.subjects]


class Piece(NamedTuple):
    """One thing held in a place, behind which others go on: `key` orders them there."""

    key: Sequence[str]
    held: Any


class Holding(Protocol):
    @property
    def place(self) -> str: ...

    def after(self, connection: Connection[Any], ids: Ids, key: Sequence[str], limit: int) -> Sequence[Piece]:
        """The next pieces in the order of their keys; of an empty key the first."""
        ...


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of a table, in SQL that may ask for `%(subjects)s` and, bare, `%(ids)s`. `source`: which rows; `held`: of each what
    is told, as jsonb; `key`: texts that order them, each another."""

    place: str
    source: str
    held: str
    key: str

    def after(self, connection: Connection[Any], ids: Ids, key: Sequence[str], limit: int) -> Sequence[Piece]:
        query = (
            f"SELECT key, held FROM (SELECT ARRAY[{self.key}]::text[] AS key, {self.held} AS held FROM {self.source}) found"
            " WHERE key > %(key)s::text[] ORDER BY key LIMIT %(limit)s"
        )
        values = {
            "subjects": text_array(ids.subjects), "ids": text_array(ids.bare), "key": text_array(key), "limit": limit,
        }  # fmt: skip
        return [Piece(*row) for row in connection.execute(query.encode(), values)]


@dataclass(frozen=True, slots=True)
class Reckoned:
    """What is made of rows, of which a person has few."""

    place: str
    of: Callable[[Connection[Any], Ids], Iterable[Any]]

    def after(self, connection: Connection[Any], ids: Ids, key: Sequence[str], limit: int) -> Sequence[Piece]:
        pieces = [Piece([f"{number:09}"], held) for number, held in enumerate(self.of(connection, ids))]
        return [piece for piece in pieces if [*piece.key] > [*key]][:limit]


def growing(number: str) -> str:
    """SQL: a number as a text that orders as it does."""
    return f"lpad(({number})::text, 20, '0')"
