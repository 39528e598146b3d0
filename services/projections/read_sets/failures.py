"""Table `failed` of a read set: subjects that could not be folded into it, and why; all SQL about it.

It belongs to the read set, as the rows do: what fails in one that is being built says nothing about the one people read.
"""

from __future__ import annotations

import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from psycopg import Connection

from shared.histories.subjects import LONGEST_ERROR, LONGEST_TRACEBACK, printable
from shared.log.arrays import integer_array, text_array

NO_FAILURES = (
    "SELECT NULL::text AS subject, NULL::text AS error, NULL::timestamptz AS since, NULL::text AS traceback WHERE false"
)
"""As `Failed.all`, where there is no read set."""


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a fold failed: `error`, which may quote a fact; the whole traceback; `place`, the same for all that fail alike;
    `raised`, of which a log line tells no value."""

    error: str
    traceback: str
    place: str
    raised: BaseException

    @classmethod
    def of(cls, error: BaseException) -> Self:
        frames = "".join(traceback.format_tb(error.__traceback__))
        return cls(f"{type(error).__name__}: {error}", "".join(traceback.format_exception(error)), frames, error)


@dataclass(frozen=True, slots=True)
class Failure:
    """A subject that cannot be folded: `version` of its history that failed last; `since`, when it failed first.

    `rows_of`: the read set whose last good rows it shows, where a promotion took them over; None: its own, or none.
    """

    subject: str
    version: int
    error: str
    since: datetime
    rows_of: str | None
    traceback: str


_SELECT = "SELECT root, version, error, since, rows_of, traceback FROM"


@dataclass(frozen=True, slots=True)
class Failed:
    """`table`: its name as SQL takes it. Who writes holds the rows of these subjects in `subjects`."""

    table: str

    @property
    def create(self) -> str:
        return (
            f"CREATE TABLE IF NOT EXISTS {self.table} (root text PRIMARY KEY, version bigint NOT NULL,"
            " error text NOT NULL, traceback text NOT NULL DEFAULT '', since timestamptz NOT NULL DEFAULT now(),"
            " rows_of text)"
        )

    @property
    def all(self) -> str:
        """SQL: subject, error, since, traceback of everybody."""
        return f"SELECT root AS subject, error, since, traceback FROM {self.table}"

    def mark(self, connection: Connection[Any], causes: Mapping[str, Cause], versions: Mapping[str, int]) -> None:
        """Subjects that failed at these versions; since when, where they failed before too. People see them."""
        if causes:
            connection.execute(
                f"INSERT INTO {self.table} (root, version, error, traceback)"
                " SELECT * FROM unnest(%s::text[], %s::bigint[], %s::text[], %s::text[])"
                " ON CONFLICT (root) DO UPDATE SET version = excluded.version, error = excluded.error,"
                " traceback = excluded.traceback",
                [
                    text_array(list(causes)),
                    integer_array([versions[subject] for subject in causes]),
                    text_array([printable(cause.error)[:LONGEST_ERROR] for cause in causes.values()]),
                    text_array([printable(cause.traceback)[-LONGEST_TRACEBACK:] for cause in causes.values()]),
                ],
            )

    def clear(self, connection: Connection[Any], subjects: Sequence[str]) -> None:
        """They were folded."""
        if subjects:
            connection.execute(f"DELETE FROM {self.table} WHERE root = ANY(%s::text[])", [text_array(subjects)])

    def count(self, connection: Connection[Any]) -> int:
        (row,) = connection.execute(f"SELECT count(*) FROM {self.table}").fetchall()
        return int(row[0])

    def first(self, connection: Connection[Any], limit: int) -> list[Failure]:
        """So many, those that fail longest first."""
        rows = connection.execute(f"{_SELECT} {self.table} ORDER BY since, root LIMIT %s", [limit])
        return [Failure(*row) for row in rows]

    def of(self, connection: Connection[Any], subject: str) -> Failure | None:
        """None where it does not fail."""
        row = connection.execute(f"{_SELECT} {self.table} WHERE root = %s", [subject]).fetchone()
        return Failure(*row) if row else None

    def errors(self, connection: Connection[Any], subjects: Sequence[str]) -> dict[str, str]:
        """Of those of them that fail."""
        rows = connection.execute(
            f"SELECT root, error FROM {self.table} WHERE root = ANY(%s::text[])", [text_array(subjects)]
        )
        return dict(rows.fetchall())

    def versions(self, connection: Connection[Any]) -> dict[str, int]:
        """At which version of its history each failed."""
        return dict(connection.execute(f"SELECT root, version FROM {self.table}").fetchall())
