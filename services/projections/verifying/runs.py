"""Table `projections.verifications`: what each verification in the background found; all SQL about it.

It holds which things differ and not what they hold: an erasure has nothing to find here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.types.json import Jsonb

from shared.log.comparison import Comparison

CREATE = """
CREATE TABLE IF NOT EXISTS projections.verifications (
    started_at timestamptz PRIMARY KEY, ended_at timestamptz NOT NULL, host text NOT NULL,
    subjects bigint NOT NULL, facts bigint NOT NULL, rows bigint NOT NULL,
    differences bigint NOT NULL, first jsonb NOT NULL, notes jsonb NOT NULL);
"""

KEPT = 100
FIRST = 20
"""Differences kept of one run; `parcours verify` shows them all."""


@dataclass(frozen=True, slots=True)
class Run:
    """One verification that came to its end. `first`: the first differences, as `Difference.without_values` gives them;
    `notes`: what could not be looked at."""

    started_at: datetime
    ended_at: datetime
    host: str
    subjects: int
    facts: int
    rows: int
    differences: int
    first: list[dict[str, Any]]
    notes: list[str]

    @classmethod
    def of(cls, started_at: datetime, ended_at: datetime, host: str, found: Sequence[Comparison]) -> Run:
        first = [difference.without_values() for comparison in found for difference in comparison.first]
        return cls(
            started_at=started_at,
            ended_at=ended_at,
            host=host,
            subjects=max((comparison.subjects for comparison in found), default=0),
            facts=sum(comparison.facts for comparison in found),
            rows=sum(comparison.rows for comparison in found),
            differences=sum(comparison.differences for comparison in found),
            first=first[:FIRST],
            notes=[note for comparison in found for note in comparison.notes],
        )


def create(connection: Connection[Any]) -> None:
    """Made where it is first needed: installations from before it have none."""
    connection.execute(CREATE)


def last_run(connection: Connection[Any]) -> Run | None:
    """The last that came to its end; None where none ever did."""
    if connection.execute("SELECT to_regclass('projections.verifications')").fetchone() == (None,):
        return None
    row = connection.execute(
        "SELECT started_at, ended_at, host, subjects, facts, rows, differences, first, notes"
        " FROM projections.verifications ORDER BY started_at DESC LIMIT 1"
    ).fetchone()
    return Run(*row) if row else None


def keep(connection: Connection[Any], run: Run) -> None:
    """And forget the oldest."""
    connection.execute(
        "INSERT INTO projections.verifications"
        " (started_at, ended_at, host, subjects, facts, rows, differences, first, notes)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [
            run.started_at,
            run.ended_at,
            run.host,
            run.subjects,
            run.facts,
            run.rows,
            run.differences,
            Jsonb(run.first),
            Jsonb(run.notes),
        ],
    )
    connection.execute(
        "DELETE FROM projections.verifications WHERE started_at NOT IN"
        " (SELECT started_at FROM projections.verifications ORDER BY started_at DESC LIMIT %s)",
        [KEPT],
    )
