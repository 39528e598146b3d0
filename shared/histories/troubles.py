"""Subjects in trouble at one reader: those that cannot be folded, or whose policy fails, and those of whom facts are
missing. All SQL that looks at them together; each kind is marked by the module that finds it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from psycopg import Connection

from shared.histories.causes import Group, cause_of
from shared.histories.skips import Skip
from shared.log.arrays import text_array

Kind = Literal["fold", "policy", "hole"]
"""`fold`: its rows cannot be made. `policy`: what follows from others' facts cannot be decided. `hole`: facts never came."""

POLICY_FAILURES = "SELECT subject, error, since, traceback FROM subjects WHERE error IS NOT NULL"


@dataclass(frozen=True, slots=True)
class Trouble:
    """`message`: the error, or how many facts of which service never came. `since`: UTC; None of a hole, which has no
    beginning. `state`: what a skip of it names. `skip`: None where nobody has accepted it."""

    subject: str
    kind: Kind
    cause: str
    message: str
    since: datetime | None
    traceback: str | None
    state: str
    skip: Skip | None


@dataclass(frozen=True, slots=True)
class TroubleCounts:
    """Subjects: `failing` and `incomplete` are those that nobody has skipped."""

    failing: int = 0
    incomplete: int = 0
    skipped_failing: int = 0
    skipped_incomplete: int = 0


@dataclass(frozen=True, slots=True)
class Troubles:
    """`kind`: of this reader's failures. `failures`: SQL that gives them: subject, error, since, traceback."""

    kind: Kind
    failures: str

    def _all(self) -> str:
        """With the state that a skip names: of a failure since when, of a hole how many facts, not of how many."""
        return (
            "SELECT all_troubles.*, skip.by, skip.reason, skip.at FROM ("
            f"SELECT subject, '{self.kind}' AS kind, {cause_of('error')} AS cause, error AS message, since, traceback,"
            f" {FAILURE_STATE} AS state"
            f" FROM ({self.failures}) AS failing"
            f" UNION ALL SELECT subject, 'hole', {_HOLE_CAUSE}, missing, NULL, NULL, {HOLE_STATE}"
            " FROM subjects WHERE missing IS NOT NULL) AS all_troubles"
            " LEFT JOIN LATERAL (SELECT s.by, s.reason, s.at FROM skips s WHERE s.kind = all_troubles.kind"
            " AND s.name = subject AND s.state = all_troubles.state ORDER BY s.number LIMIT 1) AS skip ON true"
        )

    def groups(self, connection: Connection[Any], cause: str = "", *, skipped: bool = False) -> list[Group]:
        """By kind and cause, the most frequent first; those whose cause begins so. `skipped`: the skipped, else the
        others."""
        rows = connection.execute(
            f"SELECT kind, cause, count(*), count(at), min(subject), min(since), max(since) FROM ({self._all()}) AS t"
            " WHERE (at IS NOT NULL) = %s AND starts_with(cause, %s) GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2",
            [skipped, cause],
        )
        return [Group(*row) for row in rows]

    def after(
        self,
        connection: Connection[Any],
        place: tuple[str, str],
        limit: int,
        cause: str = "",
        *,
        skipped: bool | None = None,
    ) -> list[Trouble]:
        """In the order of subject and kind, after such a place. `skipped`: only those, or only the others; None: all."""
        rows = connection.execute(
            f"SELECT * FROM ({self._all()}) AS t WHERE (subject, kind) > (%s, %s) AND starts_with(cause, %s)"
            " AND (%s::boolean IS NULL OR (at IS NOT NULL) = %s) ORDER BY subject, kind LIMIT %s",
            [*place, cause, skipped, skipped, limit],
        )
        return [_trouble(row) for row in rows]

    def of(self, connection: Connection[Any], subjects: Sequence[str]) -> list[Trouble]:
        rows = connection.execute(
            f"SELECT * FROM ({self._all()}) AS t WHERE subject = ANY(%s::text[]) ORDER BY subject, kind",
            [text_array(subjects)],
        )
        return [_trouble(row) for row in rows]

    def count(self, connection: Connection[Any]) -> TroubleCounts:
        """By the indexes of what is wrong: it is asked for every few seconds."""
        (row,) = connection.execute(
            "SELECT count(*) FILTER (WHERE kind <> 'hole' AND at IS NULL), count(*) FILTER (WHERE kind = 'hole' AND"
            " at IS NULL), count(*) FILTER (WHERE kind <> 'hole' AND at IS NOT NULL),"
            f" count(*) FILTER (WHERE kind = 'hole' AND at IS NOT NULL) FROM ({self._all()}) AS t"
        ).fetchall()
        return TroubleCounts(*row)


POLICIES = Troubles("policy", POLICY_FAILURES)

FAILURE_STATE = "to_char(since AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')"
HOLE_STATE = "regexp_replace(missing, ' of [0-9]+', '', 'g')"
_HOLE_CAUSE = f"'facts missing: ' || {cause_of(HOLE_STATE)}"


def _trouble(row: tuple[Any, ...]) -> Trouble:
    subject, kind, cause, message, since, traceback, state, by, reason, at = row
    skip = Skip(by, reason, at) if at is not None else None
    return Trouble(subject, kind, cause, message, since, traceback, state, skip)
