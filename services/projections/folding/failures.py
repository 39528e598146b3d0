"""What is wrong with a subject, in `projections.subjects`: its fold fails, or facts are missing in its history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from psycopg import Connection

from shared.log.arrays import text_array

LONGEST = 500
"""Characters kept of an error: it may quote a fact of any size."""


def mark_failed(connection: Connection[Any], errors: Mapping[str, str]) -> None:
    """Subjects whose fold fails, since when; people see that they are incomplete."""
    if errors:
        connection.execute(
            "UPDATE projections.subjects SET error = message, since = coalesce(since, now())"
            " FROM unnest(%s::text[], %s::text[]) AS new (name, message) WHERE subject = name",
            [text_array(list(errors)), text_array([_printable(text) for text in errors.values()])],
        )


def clear_failed(connection: Connection[Any], subjects: Sequence[str]) -> None:
    if subjects:
        connection.execute(
            "UPDATE projections.subjects SET error = NULL, since = NULL WHERE subject = ANY(%s::text[])",
            [text_array(subjects)],
        )


def mark_missing(connection: Connection[Any], holes: Mapping[str, str]) -> None:
    """Which facts are missing, by subject; an empty text where none is any more."""
    if holes:
        connection.execute(
            "UPDATE projections.subjects SET missing = nullif(hole, '')"
            " FROM unnest(%s::text[], %s::text[]) AS new (name, hole) WHERE subject = name",
            [text_array(list(holes)), text_array(list(holes.values()))],
        )


def count_failed(connection: Connection[Any]) -> int:
    row = connection.execute("SELECT count(*) FROM projections.subjects WHERE error IS NOT NULL").fetchone()
    return int(row[0]) if row else 0


def _printable(text: str) -> str:
    """What PostgreSQL can hold of it."""
    return text.replace("\0", "").encode(errors="replace").decode()[:LONGEST]
