"""Table `subjects`: one row for each subject a reader knows, with what is to be folded of it, and what is wrong.

Everything that folds first locks the rows it touches, in sorted order, then reads: two projectors that learn of one
person from two services would otherwise each fold without the other's fact.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Any

from psycopg import Connection

from shared.log.arrays import integer_array, text_array
from shared.log.place import Arrived

LONGEST_ERROR = 500
"""Characters kept of an error: it may quote a fact of any size."""


@dataclass(frozen=True, slots=True)
class Subject:
    """One locked row of `subjects`."""

    subject: str
    root: str
    version: int
    failed: bool
    missing: str | None


def lock_subjects(connection: Connection[Any], subjects: Iterable[str]) -> dict[str, Subject]:
    """Make the rows that are missing, then hold them all until the transaction ends."""
    names = sorted(set(subjects))
    asked = [text_array(names)]
    # Both in the order of the names: two that lock several of the same would else wait for each other.
    connection.execute(
        "INSERT INTO subjects (subject, root)"
        " SELECT s, s FROM unnest(%s::text[]) AS s ORDER BY s ON CONFLICT DO NOTHING",
        asked,
    )
    rows = connection.execute(
        "SELECT subject, root, version, error IS NOT NULL, missing FROM subjects"
        " WHERE subject = ANY(%s::text[]) ORDER BY subject FOR UPDATE",
        asked,
    )
    return {row[0]: Subject(*row) for row in rows}


def bump(connection: Connection[Any], subjects: Mapping[str, Subject], new: Iterable[Arrived]) -> dict[str, Subject]:
    """The subjects as they are with these facts more to fold."""
    counts = Counter(fact.subject for fact in new)
    if counts:
        connection.execute(
            "UPDATE subjects SET version = version + more"
            " FROM unnest(%s::text[], %s::bigint[]) AS new (name, more) WHERE subject = name",
            [text_array(list(counts)), integer_array(list(counts.values()))],
        )
    return {name: replace(subject, version=subject.version + counts[name]) for name, subject in subjects.items()}


def touch(connection: Connection[Any], subjects: AbstractSet[str]) -> None:
    """Mark subjects about which nothing new came, but about a structure or client they name."""
    if subjects:
        connection.execute(
            "UPDATE subjects SET version = version + 1 WHERE subject = ANY(%s::text[])", [text_array(sorted(subjects))]
        )


def mark_failed(connection: Connection[Any], errors: Mapping[str, str]) -> None:
    """Subjects whose fold or policy fails, with the cause; since when, where it failed before too. People see them."""
    if errors:
        connection.execute(
            "UPDATE subjects SET error = message, since = coalesce(since, now())"
            " FROM unnest(%s::text[], %s::text[]) AS new (name, message) WHERE subject = name",
            [text_array(list(errors)), text_array([_printable(text) for text in errors.values()])],
        )


def clear_failed(connection: Connection[Any], subjects: Sequence[str]) -> None:
    """Those of them that failed before do so no more."""
    if subjects:
        connection.execute(
            "UPDATE subjects SET error = NULL, since = NULL WHERE error IS NOT NULL AND subject = ANY(%s::text[])",
            [text_array(subjects)],
        )


def mark_missing(connection: Connection[Any], holes: Mapping[str, str]) -> None:
    """Which facts are missing, by subject; an empty text where none is any more."""
    if holes:
        connection.execute(
            "UPDATE subjects SET missing = nullif(hole, '')"
            " FROM unnest(%s::text[], %s::text[]) AS new (name, hole) WHERE subject = name",
            [text_array(list(holes)), text_array(list(holes.values()))],
        )


def count_failed(connection: Connection[Any]) -> int:
    """How many subjects fail now."""
    row = connection.execute("SELECT count(*) FROM subjects WHERE error IS NOT NULL").fetchone()
    return int(row[0]) if row else 0


def _printable(text: str) -> str:
    """What PostgreSQL can hold of it."""
    return text.replace("\0", "").encode(errors="replace").decode()[:LONGEST_ERROR]
